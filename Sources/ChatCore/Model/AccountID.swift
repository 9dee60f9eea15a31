/// The id of an account; it outlives every change of name or password.
///
/// As text `aa7`; see ``EntryIdentifier``.
public struct AccountID: EntryIdentifier {
    /// The letter of accounts.
    public static let letter: Unicode.Scalar = "a"
    /// The index of the entry that made it.
    public let entry: UInt64

    /// Names what an entry made.
    public init(entry: UInt64) { self.entry = entry }
}
