/// The id of a session: one device of one account, from login to logout.
///
/// As text `sb12`; see ``EntryIdentifier``.
public struct SessionID: EntryIdentifier {
    /// The letter of sessions.
    public static let letter: Unicode.Scalar = "s"
    /// The index of the entry that made it.
    public let entry: UInt64

    /// Names what an entry made.
    public init(entry: UInt64) { self.entry = entry }
}
