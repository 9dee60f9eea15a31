public import ChatCore
public import Replication
import Storage

extension ChatState: Service {
    /// Applies an operation at its place in the log.
    public mutating func apply(_ operation: Operation, at context: ApplyContext) -> Output {
        apply(
            operation,
            at: Moment(
                entry: context.index.value,
                time: LogTime(milliseconds: context.time.milliseconds)
            )
        )
    }

    /// The refusal that an output stands for.
    public static func refusal(in output: Output) -> Refusal? {
        switch output {
        case .refused(let error): error.refusal
        case .registered, .loggedIn, .loggedOut, .sent, .marked, .deleted: nil
        }
    }

    /// The request with its password blank.
    public static func withoutSecrets(_ request: Request) -> Request {
        switch request {
        case .register(var registration):
            registration.password = ""
            return .register(registration)
        case .login(var credentials):
            credentials.password = ""
            return .login(credentials)
        case .logout, .send, .read, .delete: return request
        }
    }

    /// Turns a request into an operation, with a password hash of the standard cost.
    ///
    /// - Throws: ``Refusal`` for what is wrong in itself, for a name that is taken and for a token
    ///   without a session. All else that depends on the state is left to `apply`.
    public func admit(
        _ request: Request,
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(Refusal) -> Admission<Operation> {
        try admit(request, from: caller, entropy: entropy, cost: .standard)
    }

    /// The account of the caller's token, even if its session has ended; or the name to register.
    ///
    /// Nobody for a login, whose answer needs the password each time.
    public func claimant(of request: Request, from caller: Caller) -> String? {
        switch request {
        case .register(let registration):
            AccountName(registration.name).map(Self.claim)
        case .login: nil
        case .logout, .send, .read, .delete:
            caller.token.flatMap(TokenHash.init(token:)).flatMap { owner(of: $0) }?.description
        }
    }

    /// A new token for the session of a login that was answered before.
    public func repeated(_ operation: Operation, answered output: Output) -> Operation? {
        guard case .login(let login) = operation, case .loggedIn(let first) = output else {
            return nil
        }
        return .rekey(Rekey(login: login, session: first.session))
    }

    /// On whose behalf a request is that comes before a login: the name, one for all spellings.
    static func claim(_ name: AccountName) -> String { "name:\(name.lowercased)" }

    /// The session of a caller.
    ///
    /// - Throws: ``Refusal`` with `session_unknown`.
    func session(of caller: Caller) throws(Refusal) -> Session {
        guard let token = caller.token.flatMap(TokenHash.init(token:)),
            let session = session(token: token)
        else { throw ChatError(.sessionUnknown).refusal }
        return session
    }
}

extension TokenHash {
    /// Hashes a token as its bearer shows it.
    package init?(token: String) { self.init(SHA256.hash(Array(token.utf8))) }
}
