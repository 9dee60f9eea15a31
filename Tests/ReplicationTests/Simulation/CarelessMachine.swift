import Replication
import Storage

/// A machine whose state or events depend on more than the log, if it is told so.
struct CarelessMachine: Service, Codable, LineCodable {
    enum Flaw: String, Codable, Sendable, CaseIterable {
        case none
        /// An event says in which order a set has its elements.
        case orderInEvent
        /// An event says a value's hash.
        case hashInEvent
        /// The state holds a value's hash.
        case hashInState
    }

    struct Put: Codable, LineCodable, Sendable {
        var value: Int64
        var flaw: Flaw
    }

    private(set) var values: [Int64] = []
    private(set) var hash: Int64 = 0
    private var given: [String] = []

    init() {}

    mutating func apply(_ put: Put, at context: ApplyContext) -> Int64 {
        values.append(put.value)
        switch put.flaw {
        case .none: given.append("\(values.count)")
        case .orderInEvent:
            let order = Set(values.suffix(40)).map { "\($0)" }
            given.append(order.joined(separator: " "))
        case .hashInEvent: given.append("\(put.value.hashValue)")
        case .hashInState: hash = Int64(put.value.hashValue)
        }
        return Int64(values.count)
    }

    func admit(_ request: Put, from caller: Caller, entropy: Entropy, now: Timestamp)
        throws(Refusal) -> Admission<Put>
    {
        .propose(Admitted(by: "anybody", operation: request))
    }

    func answer(_ query: Put, from caller: Caller, now: Timestamp) throws(Refusal) -> Int64 {
        Int64(values.count)
    }

    mutating func takeEvents() -> [String] {
        defer { given = [] }
        return given
    }

    static func refusal(in output: Int64) -> Refusal? { nil }
    func audience(of caller: Caller) throws(Refusal) -> String { "all" }
    func recipients(of event: String) -> [String] { ["all"] }
    func render(_ event: String, for audience: String) -> RenderedEvent? { nil }
}

/// Clients that put numbers.
struct CarelessWork: SimulatedWorkload {
    var flaw: CarelessMachine.Flaw

    func next(
        for client: Int,
        using generator: inout SeededGenerator
    ) -> SimulatedCall<CarelessMachine> {
        .request(.init(value: .random(in: 0...1_000_000, using: &generator), flaw: flaw))
    }

    /// A short run.
    static func run(_ flaw: CarelessMachine.Flaw) throws(Violation) -> SimulationRun {
        var configuration = SimulationConfiguration.drawn(from: 11)
        configuration.clients = 3
        configuration.calls = 20
        configuration.faultyFor = .seconds(2)
        return try SimulationRun(configuration, CarelessWork(flaw: flaw))
    }
}
