internal import ReplicationCollections

extension ChatState {
    /// The account of a name, whatever its case.
    ///
    /// - Complexity: O(log *n*).
    public func account(named text: String) -> Account? {
        AccountName(text).flatMap { names[$0] }.flatMap { accounts[$0] }
    }

    /// An account by its id.
    ///
    /// - Complexity: O(log *n*).
    public func account(_ id: AccountID) -> Account? { accounts[id] }

    /// Checks a name that somebody wants, as ``Operation/register(_:)`` will.
    ///
    /// - Throws: ``ChatError`` with `name_invalid` or `name_taken`.
    public func checkFree(name text: String) throws(ChatError) -> AccountName {
        guard let name = AccountName(text) else {
            throw ChatError(.nameInvalid, about: String(text.unicodeScalars.prefix(64)))
        }
        guard names[name] == nil else { throw ChatError(.nameTaken, about: text) }
        return name
    }

    mutating func perform(_ register: Register) throws(ChatError) -> Registered {
        let name = try checkFree(name: register.name)
        if let label = register.displayName { try Label.check(label) }
        let id = AccountID(entry: moment.entry)
        accounts[id] = Account(
            id: id,
            name: name,
            displayName: register.displayName,
            passwordHash: register.passwordHash,
            passwordVersion: moment.entry,
            created: time
        )
        names[name] = id
        return Registered(account: id, name: name.text)
    }

    /// The account that a request names.
    func user(_ name: String) throws(ChatError) -> AccountID {
        guard let name = AccountName(name), let id = names[name] else {
            throw ChatError(.userUnknown, about: String(name.unicodeScalars.prefix(64)))
        }
        return id
    }

    /// What an account is called; every id in the state has an account.
    func name(of id: AccountID) -> String { accounts[id]?.name.text ?? id.description }
}
