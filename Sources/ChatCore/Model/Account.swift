/// A person or a program that can log in.
public struct Account: Hashable, Sendable {
    /// Its id.
    public let id: AccountID
    /// The name that it has registered, unique without regard to case.
    public let name: AccountName
    /// A free name to show beside it.
    public var displayName: String?
    /// The salted slow hash of the password, in the form of crypt(5): `$y$jCT$…`.
    public var passwordHash: String
    /// Which password this is: the index of the entry that set it.
    ///
    /// A login names the version that it was checked against, and is refused if it has changed.
    public var passwordVersion: UInt64
    /// When it was registered.
    public let created: LogTime

    /// Creates an account.
    package init(
        id: AccountID,
        name: AccountName,
        displayName: String?,
        passwordHash: String,
        passwordVersion: UInt64,
        created: LogTime
    ) {
        self.id = id
        self.name = name
        self.displayName = displayName
        self.passwordHash = passwordHash
        self.passwordVersion = passwordVersion
        self.created = created
    }
}
