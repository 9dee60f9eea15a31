import Replication
import Storage
import TestSupport

/// A register whose events are for those with a token.
struct GuardedRegister: Service {
    /// The lines of a register, as a later version of it would write them.
    static let snapshotSchema: UInt64 = 2
    private var register = Register()

    init() {}

    init(snapshot: inout SnapshotReader) throws(SnapshotError) {
        register = try Register(snapshot: &snapshot)
    }
    func writeSnapshot(to snapshot: inout SnapshotWriter) throws(SnapshotError) {
        try register.writeSnapshot(to: &snapshot)
    }

    mutating func apply(_ operation: Register.Append, at context: ApplyContext) -> UInt64 {
        register.apply(operation, at: context)
    }
    func admit(
        _ request: Register.Append,
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(Refusal) -> Admission<Register.Append> {
        try register.admit(request, from: caller, entropy: entropy, now: now)
    }
    static func refusal(in output: UInt64) -> Refusal? { nil }
    func answer(
        _ query: Register.Read,
        from caller: Caller,
        now: Timestamp
    ) throws(Refusal) -> [String] {
        try register.answer(query, from: caller, now: now)
    }
    mutating func takeEvents() -> [String] { register.takeEvents() }
    func audience(of caller: Caller) throws(Refusal) -> String {
        guard caller.token == "good" else {
            throw Refusal(.unauthenticated, code: "session_unknown", message: "log in")
        }
        return "all"
    }
    func recipients(of event: String) -> [String] { ["all"] }
    func render(_ event: String, for audience: String) -> RenderedEvent? {
        register.render(event, for: audience)
    }
}
