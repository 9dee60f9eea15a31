import Replication
import Storage
import TestSupport
import Testing

/// A machine that gives, or is given, what has no canonical form.
struct Scale: Service, Codable, LineCodable {
    /// What is at fault in a call.
    enum Fault: String, Codable, Sendable, CaseIterable {
        case none, request, operation, output, deepOutput, answer
    }

    /// A chain, as deep as it says.
    indirect enum Chain: Codable, Sendable {
        case end(Double?)
        case link(Chain)

        init(depth: Int, end: Double? = nil) {
            self = (0..<depth).reduce(.end(end)) { chain, _ in .link(chain) }
        }
    }

    struct Weigh: Codable, Sendable, LineCodable {
        var fault: Fault
        var weight: Double?
    }
    struct Weight: Codable, Sendable, LineCodable {
        var count: Int64
        var chain: Chain?
        var exact: Double?
    }
    private var count: Int64 = 0

    init() {}

    mutating func apply(_ operation: Weigh, at context: ApplyContext) -> Weight {
        count += 1
        switch operation.fault {
        case .output: return Weight(count: count, exact: 0.5)
        case .deepOutput: return Weight(count: count, chain: Chain(depth: 1_000))
        default: return Weight(count: count)
        }
    }

    func admit(_ request: Weigh, from caller: Caller, entropy: Entropy, now: Timestamp)
        throws(Refusal) -> Admission<Weigh>
    {
        var operation = request
        if request.fault == .operation { operation.weight = 0.5 }
        return .propose(Admitted(by: "anyone", operation: operation))
    }

    func answer(_ query: Weigh, from caller: Caller, now: Timestamp) throws(Refusal) -> Weight {
        Weight(count: count, exact: query.fault == .answer ? 0.5 : nil)
    }

    static func refusal(in output: Weight) -> Refusal? { nil }
    mutating func takeEvents() -> [String] { [] }
    func audience(of caller: Caller) throws(Refusal) -> String { "all" }
    func recipients(of event: String) -> [String] { [] }
    func render(_ event: String, for audience: String) -> RenderedEvent? { nil }
}

/// What cannot be written is refused, and ends no node: not at once, and not at the next start.
@Suite(.timeLimit(.minutes(5))) struct ReplicaUnwritableTests {
    private static func code(
        _ call: () async throws(ReplicationError) -> some Sendable
    ) async -> String {
        do throws(ReplicationError) {
            _ = try await call()
            return "done"
        } catch {
            guard case .refused(let refusal) = error, refusal.kind == .faulty else {
                return "\(error)"
            }
            return refusal.code
        }
    }

    @Test func `what cannot be written is refused and not logged`() async throws {
        let directory = try ReplicaDirectory()
        let run = try ReplicaRun<Scale>(aloneConfiguration(directory), in: directory)
        try await run.lead()
        let replica = run.replica
        #expect(try await replica.request(Scale.Weigh(fault: .none)).output.count == 1)
        let before = await replica.status.applied
        let request = await Self.code { () async throws(ReplicationError) in
            try await replica.request(Scale.Weigh(fault: .request, weight: 0.5))
        }
        #expect(request == "request_unwritable")
        let operation = await Self.code { () async throws(ReplicationError) in
            try await replica.request(Scale.Weigh(fault: .operation))
        }
        #expect(operation == "operation_unwritable")
        let answer = await Self.code { () async throws(ReplicationError) in
            try await replica.query(Scale.Weigh(fault: .answer))
        }
        #expect(answer == "answer_unwritable")
        #expect(await replica.status.applied == before)
        #expect(try await replica.query(Scale.Weigh(fault: .none)).count == 1)
        try await run.stop()
    }

    @Test(arguments: [Scale.Fault.output, .deepOutput])
    func `an output that cannot be written is said, also after a restart and from a snapshot`(
        fault: Scale.Fault
    ) async throws {
        let directory = try ReplicaDirectory()
        var configuration = aloneConfiguration(directory)
        configuration.snapshots.entries = 4
        func weigh(_ run: ReplicaRun<Scale>) async -> String {
            await Self.code { () async throws(ReplicationError) in
                try await run.replica.request(Scale.Weigh(fault: fault), key: "k")
            }
        }
        let run = try ReplicaRun<Scale>(configuration, in: directory)
        try await run.lead()
        #expect(await weigh(run) == "output_unwritable")
        // It took effect, once.
        #expect(await weigh(run) == "output_unwritable")
        #expect(try await run.replica.query(Scale.Weigh(fault: .none)).count == 1)
        let client = try ClusterClient(servers: [run.replica.clientAddress], timeout: .seconds(30))
        await #expect(
            throws: ClusterClientError.refused(
                status: 501,
                code: "output_unwritable",
                message: Self.message
            )
        ) {
            try await client.request(Scale.Weigh(fault: fault).lineBytes, key: "k")
        }
        try await run.stop()
        let again = try ReplicaRun<Scale>(configuration, in: directory)
        try await again.lead()
        #expect(await weigh(again) == "output_unwritable")
        for _ in 0..<8 { _ = try await again.replica.request(Scale.Weigh(fault: .none)) }
        _ = try await eventually("a snapshot") {
            again.log.contains("snapshot of entry") ? true : nil
        }
        try await again.stop()
        let last = try ReplicaRun<Scale>(configuration, in: directory)
        try await last.lead()
        #expect(await weigh(last) == "output_unwritable")
        #expect(try await last.replica.query(Scale.Weigh(fault: .none)).count == 9)
        try await last.stop()
    }

    private static let message =
        "the operation took effect, but its output, a Weight, cannot be written: it holds a Double, a"
        + " Float or an integer beyond 64 bits, is nested deeper than 30, or longer than 33554432"
        + " bytes; correct the state machine"
}
