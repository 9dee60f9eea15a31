import Replication
import Storage
import TestSupport
import Testing

/// What the program that embeds a replica gives it, and what becomes of it.
@Suite(.timeLimit(.minutes(5))) struct ReplicaIntakeTests {
    @Test func `pitfall 49: an operation that its own machine cannot read is the caller's error`()
        async throws
    {
        let directory = try ReplicaDirectory()
        var configuration = aloneConfiguration(directory)
        configuration.peerAddress = try directory.address()
        let run = try ReplicaRun<Careless>(configuration, in: directory)
        try await run.lead()
        for amount in [Careless.unreadable, Careless.notCanonical] {
            await #expect(throws: ReplicationError.operationInvalid) {
                try await run.replica.request(Careless.Wish(amount: amount))
            }
        }
        #expect(run.log.contains("refused an operation of this node's own clients"))
        // An output that cannot be read ends nothing when its request is tried again.
        for _ in 0..<2 {
            await #expect(throws: ReplicationError.self) {
                try await run.replica.request(Careless.Wish(amount: 7), key: "k")
            }
        }
        #expect(try await run.replica.request(Careless.Wish(amount: 1)).output.sum == 8)
        try await run.stop()
    }

    @Test func `a name or a key that is too long is the caller's error`() async throws {
        let run = try await runAlone(ReplicaDirectory())
        for key in ["", String(repeating: "k", count: 129), "a\u{0}b", "a b"] {
            await #expect(throws: ReplicationError.refused(ProtocolFields.keyInvalid)) {
                try await run.replica.request(Register.Append(value: "a"), key: key)
            }
        }
        try await run.append("b")
        #expect(try await run.values() == ["b"])
        try await run.stop()
    }

    @Test func `a request that is too large is refused before it comes to the loop`() async throws {
        let run = try await runAlone(ReplicaDirectory())
        let text = String(repeating: "x", count: 20 << 20)
        await #expect(throws: ReplicationError.tooLarge) { try await run.append(text) }
        // One that a client may send, and an entry may not hold.
        let half = String(repeating: "x", count: 1 << 19)
        await #expect(throws: ReplicationError.tooLarge) {
            try await run.replica.request(Register.Append(value: half))
        }
        try await run.append("b")
        try await run.stop()
    }
}

/// A sum whose coding has mistakes.
private struct Careless: Service, Codable, LineCodable {
    static let unreadable: UInt64 = 100
    static let notCanonical: UInt64 = 101

    /// Writes some amounts as nothing that it reads, or as something that it writes otherwise.
    struct Add: LineCodable, Sendable {
        var amount: UInt64

        init(amount: UInt64) { self.amount = amount }

        init(from reader: inout JSONReader) throws(LineError) {
            let read = try reader.unsigned()
            amount = read == Careless.unreadable + 5 ? 3 : read
        }

        func write(to writer: inout JSONWriter) {
            switch amount {
            case Careless.unreadable: writer.string("a hundred")
            case Careless.notCanonical: writer.unsigned(Careless.unreadable + 5)
            default: writer.unsigned(amount)
            }
        }
    }

    /// As a request, everything is in order.
    struct Wish: LineCodable, Sendable {
        var amount: UInt64
        init(amount: UInt64) { self.amount = amount }
        init(from reader: inout JSONReader) throws(LineError) { amount = try reader.unsigned() }
        func write(to writer: inout JSONWriter) { writer.unsigned(amount) }
    }

    struct Sum: LineCodable, Sendable {
        var sum: UInt64

        init(sum: UInt64) { self.sum = sum }

        init(from reader: inout JSONReader) throws(LineError) {
            sum = try reader.unsigned()
            guard sum != 7 else { throw reader.error(.invalid("not a sum that is read")) }
        }

        func write(to writer: inout JSONWriter) { writer.unsigned(sum) }
    }

    private var sum: UInt64 = 0

    init() {}

    mutating func apply(_ operation: Add, at context: ApplyContext) -> Sum {
        sum += operation.amount
        return Sum(sum: sum)
    }

    func admit(
        _ request: Wish,
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(Refusal) -> Admission<Add> {
        .propose(Admitted(by: "anybody", operation: Add(amount: request.amount)))
    }

    static func refusal(in output: Sum) -> Refusal? { nil }
    func answer(_ query: UInt64, from caller: Caller, now: Timestamp) throws(Refusal) -> UInt64 {
        sum
    }
    mutating func takeEvents() -> [String] { [] }
    func audience(of caller: Caller) throws(Refusal) -> String { "" }
    func recipients(of event: String) -> [String] { [] }
    func render(_ event: String, for audience: String) -> RenderedEvent? { nil }
}
