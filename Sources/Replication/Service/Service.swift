public import Storage

/// A state machine that clients reach over the network.
///
/// The node that takes a request *admits* it: it adds what must not be decided by `apply` (salts,
/// ids, token hashes) and hides what must not be logged (passwords). Queries are answered from the
/// state, after the node has made sure that it is as new as the caller asks.
public protocol Service: StateMachine {
    /// What a client posts to `/v1/requests`.
    associatedtype Request: LineCodable & Sendable
    /// What a client posts to `/v1/queries`.
    associatedtype Query: LineCodable & Sendable
    /// What a query gives.
    associatedtype Answer: LineCodable & Sendable
    /// What `apply` emits for streams; it is part of the replicated state. Without a canonical
    /// form of each event, as of the machine's own lines, no snapshot is written, and the log says so.
    associatedtype Event: LineCodable & Sendable

    /// The request without its secrets; its SHA-256 tells a retry from another request under the
    /// same key.
    static func withoutSecrets(_ request: Request) -> Request

    /// Turns a request into an operation, on the node that took it.
    ///
    /// A refusal that depends on the state may come from a state that is behind: the node then
    /// takes a read index, waits until it has applied it, and asks again, before it believes it.
    func admit(
        _ request: Request,
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(Refusal) -> Admission<Operation>

    /// Who a request claims to come from, even if it would be refused now: whom `admit` would have
    /// named as `by`. A retry whose first try ended its own session still finds its answer.
    func claimant(of request: Request, from caller: Caller) -> String?

    /// What is applied in place of an operation whose key was answered before; nil (as by
    /// default) for the stored output alone.
    ///
    /// For answers with a secret that no stored output holds: a login that is retried makes a new
    /// token for the session that the first try made.
    func repeated(_ operation: Operation, answered output: Output) -> Operation?

    /// The refusal that an output stands for, or nil for a success; it decides the HTTP status.
    static func refusal(in output: Output) -> Refusal?

    /// Answers a query from this state.
    func answer(
        _ query: Query,
        from caller: Caller,
        now: Timestamp
    ) throws(Refusal) -> Answer

    /// The events that the last `apply` emitted, in their order; called once after each `apply`.
    mutating func takeEvents() -> [Event]

    /// The scope whose events a caller may stream, checked when a stream opens and at each
    /// delivery.
    ///
    /// - Throws: ``Refusal`` if the caller has no session, or no longer has one.
    func audience(of caller: Caller) throws(Refusal) -> String

    /// The audiences that an event is for, each once.
    func recipients(of event: Event) -> [String]

    /// What an audience sees of an event now: its name and JSON data; nil if it is not for them.
    /// Texts are looked up here, so that what was deleted meanwhile is gone from replays.
    func render(_ event: Event, for audience: String) -> RenderedEvent?
}

extension Service {
    /// The request itself.
    public static func withoutSecrets(_ request: Request) -> Request { request }
    /// Nobody: an answer is found only while `admit` accepts the request.
    public func claimant(of request: Request, from caller: Caller) -> String? { nil }
    /// Nothing: the stored output is the answer.
    public func repeated(_ operation: Operation, answered output: Output) -> Operation? { nil }
}

/// An event as a stream shows it.
public struct RenderedEvent: Hashable, Sendable {
    /// The `event:` field, such as `message`.
    public var name: String
    /// The `data:` field: canonical JSON, one line.
    public var data: [UInt8]

    /// Creates an event.
    public init(name: String, data: [UInt8]) {
        self.name = name
        self.data = data
    }
}

/// An operation that is ready to be logged, and what the answer needs beside the output.
public struct Admitted<Operation: Sendable>: Sendable {
    /// On whose behalf: account, or the name that a request before login claims.
    ///
    /// Idempotency keys are counted per `by`.
    public var by: String
    /// The operation.
    public var operation: Operation
    /// JSON that only the caller of this very request may see (a new token), or nil.
    ///
    /// It is added to a successful answer as its member `secret`, and is never logged or stored.
    public var secret: [UInt8]?

    /// Creates an admitted operation.
    public init(by: String, operation: Operation, secret: [UInt8]? = nil) {
        self.by = by
        self.operation = operation
        self.secret = secret
    }
}

/// How a request goes on after it was admitted.
public enum Admission<Operation: Sendable>: Sendable {
    /// It can be logged at once.
    case propose(Admitted<Operation>)
    /// Something slow comes first, a password hash: it runs on a worker thread, inline in the
    /// simulator.
    case compute(@Sendable () throws(Refusal) -> Admitted<Operation>)
}
