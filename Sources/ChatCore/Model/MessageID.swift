/// The id of a message: unique for ever, sortable by age, never reused.
///
/// As text `mb42`; see ``EntryIdentifier``.
public struct MessageID: EntryIdentifier {
    /// The letter of messages.
    public static let letter: Unicode.Scalar = "m"
    /// The index of the entry that made it.
    public let entry: UInt64

    /// Names what an entry made.
    public init(entry: UInt64) { self.entry = entry }
}
