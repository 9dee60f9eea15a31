package import ChatCore
package import Replication
import Storage

extension ChatState {
    /// Turns a request into an operation, with a password hash of a given cost.
    ///
    /// Of the entropy, a login takes the first 32 bytes for its token, and a registration the last
    /// 24 for its salt.
    package func admit(
        _ request: Request,
        from caller: Caller,
        entropy: Entropy,
        cost: PasswordHash.Cost
    ) throws(Refusal) -> Admission<Operation> {
        switch request {
        case .register(let registration):
            return try admit(registration, entropy: entropy, cost: cost)
        case .login(let credentials):
            return try admit(credentials, entropy: entropy, cost: cost)
        case .logout(let which):
            return try propose(request, for: caller) { .logout(Logout(session: $0, which: which)) }
        case .send(let recipient, let text):
            return try propose(request, for: caller) {
                .send(Send(session: $0, to: recipient, text: text))
            }
        case .read(let which):
            return try propose(request, for: caller) { .read(Read(session: $0, which: which)) }
        case .delete(let ids, let scope):
            return try propose(request, for: caller) {
                .delete(Delete(session: $0, ids: ids, scope: scope))
            }
        }
    }

    /// What is wrong with a request whatever the state is: it costs no entry of the log.
    private static func checkForm(of request: Request) throws(ChatError) {
        switch request {
        case .register, .login, .logout, .read(.through): break
        case .send(let recipient, let text):
            try Message.check(text: text)
            try check(recipient: recipient)
        case .read(.these(let ids)), .delete(let ids, _): try check(count: ids.count)
        case .read(.next(let count, let name)):
            try check(count: count)
            if let name { try check(recipient: name) }
        }
    }

    /// What can be no name is the name of nobody.
    private static func check(recipient name: String) throws(ChatError) {
        guard AccountName(name) != nil else {
            throw ChatError(.userUnknown, about: String(name.unicodeScalars.prefix(64)))
        }
    }

    private func propose(
        _ request: Request,
        for caller: Caller,
        _ operation: (SessionID) -> Operation
    ) throws(Refusal) -> Admission<Operation> {
        let session = try session(of: caller)
        try refusing { () throws(ChatError) in try Self.checkForm(of: request) }
        return .propose(
            Admitted(by: session.account.description, operation: operation(session.id))
        )
    }

    private func admit(
        _ registration: Registration,
        entropy: Entropy,
        cost: PasswordHash.Cost
    ) throws(Refusal) -> Admission<Operation> {
        let name = try refusing { () throws(ChatError) in
            try Password.check(registration.password)
            if let label = registration.displayName { try Label.check(label) }
            return try checkFree(name: registration.name)
        }
        let salt = entropy.bytes.suffix(PasswordHash.saltBytes)
        return .compute { () throws(Refusal) in
            guard
                let hash = PasswordHash.make(registration.password, salt: salt, cost: cost)
            else { throw Self.cannotHash }
            return Admitted(
                by: Self.claim(name),
                operation: .register(
                    Register(
                        name: name.text,
                        displayName: registration.displayName,
                        passwordHash: hash
                    )
                )
            )
        }
    }

    /// Checks a password; an unknown name takes as long and looks the same as a wrong password.
    private func admit(
        _ credentials: Credentials,
        entropy: Entropy,
        cost: PasswordHash.Cost
    ) throws(Refusal) -> Admission<Operation> {
        try refusing { () throws(ChatError) in
            try Label.check(credentials.device)
            // Such a password nobody can have, and crypt(3) would take it for another one.
            guard Password.isHashable(credentials.password) else {
                throw ChatError(.credentialsWrong)
            }
        }
        let account = account(named: credentials.name)
        let stored = account?.passwordHash ?? PasswordHash.decoy(cost)
        let token = Hex.text(entropy.bytes.prefix(32))
        return .compute { () throws(Refusal) in
            guard let isRight = PasswordHash.verify(credentials.password, against: stored) else {
                throw Self.cannotHash
            }
            guard isRight, let account, let tokenHash = TokenHash(token: token) else {
                throw ChatError(.credentialsWrong).refusal
            }
            let login = Login(
                name: account.name.text,
                passwordVersion: account.passwordVersion,
                token: tokenHash,
                device: credentials.device
            )
            return Admitted(
                by: Self.claim(account.name),
                operation: .login(login),
                secret: Secret(token: token).lineBytes
            )
        }
    }

    private static var cannotHash: Refusal {
        Refusal(
            .limited,
            code: "overloaded",
            message: "the system can't hash a password now; try again later"
        )
    }
}

/// The rules for passwords, which are known only at admission.
enum Password {
    /// Checks a new password.
    static func check(_ password: String) throws(ChatError) {
        guard password.unicodeScalars.count >= Limits.passwordScalars else {
            throw ChatError(.passwordTooShort)
        }
        guard isHashable(password) else { throw ChatError(.passwordInvalid) }
    }

    /// Whether crypt(3) sees all of it: not too long, and no NUL, which would end it.
    static func isHashable(_ password: String) -> Bool {
        password.utf8.count <= Limits.passwordBytes && !password.utf8.contains(0)
    }
}
