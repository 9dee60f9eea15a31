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
            return try propose(for: caller) { .logout(Logout(session: $0, which: which)) }
        case .send(let recipient, let text):
            try refusing { () throws(ChatError) in try Message.check(text: text) }
            return try propose(for: caller) {
                .send(Send(session: $0, to: recipient, text: text))
            }
        case .read(let which):
            return try propose(for: caller) { .read(Read(session: $0, which: which)) }
        case .delete(let ids, let scope):
            return try propose(for: caller) {
                .delete(Delete(session: $0, ids: ids, scope: scope))
            }
        }
    }

    private func propose(
        for caller: Caller,
        _ operation: (SessionID) -> Operation
    ) throws(Refusal) -> Admission<Operation> {
        let session = try session(of: caller)
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
        let token = Hex.text(entropy.bytes.prefix(32))
        guard let account = account(named: credentials.name),
            let tokenHash = TokenHash(token: token)
        else {
            return .compute { () throws(Refusal) in
                PasswordHash.pretend(credentials.password, cost: cost)
                throw ChatError(.credentialsWrong).refusal
            }
        }
        let login = Login(
            name: account.name.text,
            passwordVersion: account.passwordVersion,
            token: tokenHash,
            device: credentials.device
        )
        return .compute { () throws(Refusal) in
            switch PasswordHash.verify(credentials.password, against: account.passwordHash) {
            case true?:
                return Admitted(
                    by: Self.claim(account.name),
                    operation: .login(login),
                    secret: Secret(token: token).lineBytes
                )
            case false?: throw ChatError(.credentialsWrong).refusal
            case nil: throw Self.cannotHash
            }
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
