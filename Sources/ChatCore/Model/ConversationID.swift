/// The id of a conversation; its first message's entry made it.
///
/// As text `cb42`; see ``EntryIdentifier``.
public struct ConversationID: EntryIdentifier {
    /// The letter of conversations.
    public static let letter: Unicode.Scalar = "c"
    /// The index of the entry that made it.
    public let entry: UInt64

    /// Names what an entry made.
    public init(entry: UInt64) { self.entry = entry }
}
