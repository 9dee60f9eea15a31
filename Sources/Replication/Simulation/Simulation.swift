import Storage

/// A cluster of whole nodes, their disks and their network in one thread, under one seed.
///
/// It interprets the same effects as the replica. Time is virtual: a second costs what happens in
/// it. After each step the invariants of Raft are checked.
package final class Simulation<Machine: Service> {
    /// What is planned.
    enum Event {
        case timer(host: Int, generation: Int)
        case journal(host: Int, generation: Int)
        case snapshot(host: Int, generation: Int)
        case computed(host: Int, generation: Int, Ticket, @Sendable () -> Computed)
        case arrive(Packet, generation: Int)
        case dial(host: Int, generation: Int, address: String)
        case linkEnded(host: Int, generation: Int, LinkID)
        case unlinked(host: Int, generation: Int, LinkID)
        case handshakeLate(host: Int, generation: Int, LinkID)
        case restart(host: Int)
        case crash
        case blackout
        case partition
        case endPartition(UInt64)
        case pause
        case resume(host: Int)
        case call(UInt64)
    }

    /// What is on the wire between two hosts.
    struct Packet {
        enum Content {
            case hello(LinkID, Hello)
            case answer(LinkID, PeerMessage)
            case message(LinkID, line: [UInt8], entries: [[UInt8]])
        }
        var from: Int
        var to: Int
        var content: Content
    }

    /// What the run is like.
    package let configuration: SimulationConfiguration
    /// Virtual time since the start.
    package private(set) var now = Instant(nanoseconds: 0)
    /// How often which fault came.
    package internal(set) var counts = FaultCounts()
    /// Told of each answer to a request or query.
    package var onReply: (Ticket, Reply) -> Void = { _, _ in }
    /// Told of what nodes log, with the host's number.
    package var onLog: ((Int, LogLevel, String) -> Void)?

    var hosts: [SimulatedHost<Machine>] = []
    var queue = EventQueue<Event>()
    var generator: SeededGenerator
    var faults: SimulationConfiguration.Faults
    /// Whom each host can reach, by group number.
    var groups: [Int]
    /// Whether packets still pass from a group to those of a higher number.
    var isOneWay = false
    var partitionNumber: UInt64 = 0
    var lastLink: UInt64 = 0
    var lastTicket: UInt64 = 0
    var lastCall: UInt64 = 0
    /// What arrived at paused hosts.
    var deferred: [Int: [NodeInput]] = [:]
    /// Told of what is written to a stream.
    package var onStream: (Ticket, [StreamItem]) -> Void = { _, _ in }
    /// Told of the end of a stream.
    package var onStreamEnd: (Ticket, Refusal?) -> Void = { _, _ in }
    var calls: [UInt64: () throws(Violation) -> Void] = [:]
    var orders: [Ticket: (OrderOutcome) throws(Violation) -> Void] = [:]
    var invariants: Invariants<Machine>

    /// Creates a cluster of blank nodes and starts them all.
    package init(_ configuration: SimulationConfiguration) throws(Violation) {
        self.configuration = configuration
        generator = SeededGenerator(seed: configuration.seed)
        faults = configuration.faults
        groups = [Int](repeating: 0, count: configuration.nodes)
        invariants = Invariants(seed: configuration.seed)
        for number in 1...configuration.nodes {
            let skew = faults.clockSkew.nanoseconds
            let offset = skew == 0 ? 0 : Int64.random(in: 0...skew, using: &generator)
            hosts.append(
                SimulatedHost(name: "n\(number)", wallOffset: .nanoseconds(offset))
            )
        }
        if configuration.startsHosts { for host in hosts.indices { try start(host) } }
        planFaults()
    }

    /// Runs until a time, or until `isDone`, which is asked after each event.
    ///
    /// - Returns: Whether `isDone` said so before the time was over.
    @discardableResult
    package func run(
        for duration: Duration,
        until isDone: () -> Bool = { false }
    ) throws(Violation) -> Bool {
        let end = now + duration
        while let next = queue.next, next <= end {
            guard let (at, event) = queue.pop() else { break }
            now = max(now, at)
            try handle(event)
            if isDone() { return true }
        }
        now = max(now, end)
        return isDone()
    }

    /// Ends all faults: partitions close, paused nodes go on, and those that are down come back.
    package func heal() throws(Violation) {
        faults = SimulationConfiguration.Faults()
        groups = [Int](repeating: 0, count: hosts.count)
        for host in hosts.indices {
            hosts[host].pausedUntil = nil
            if !hosts[host].isUp { try start(host) }
            try wake(host)
        }
    }

    /// Calls back after a time.
    package func after(
        _ duration: Duration,
        _ body: @escaping () throws(Violation) -> Void
    ) {
        lastCall += 1
        calls[lastCall] = body
        queue.plan(.call(lastCall), at: now + duration)
    }

    /// A number below `limit`, from the seed.
    package func draw(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    func draw(_ range: ClosedRange<Int64>) -> Duration {
        .nanoseconds(Int64.random(in: range, using: &generator))
    }

    func happens(_ perThousand: Int) -> Bool {
        perThousand > 0 && Int.random(in: 0..<1_000, using: &generator) < perThousand
    }

    func violation(_ promise: Violation.Promise, _ detail: String) -> Violation {
        Violation(promise: promise, detail: detail, seed: configuration.seed)
    }

    private func handle(_ event: Event) throws(Violation) {
        switch event {
        case .timer(let host, let generation):
            guard isCurrent(host, generation) else { return }
            hosts[host].nextTimer = nil
            try step(host, .timer)
        case .journal(let host, let generation):
            if isCurrent(host, generation) { try finishJobs(host) }
        case .snapshot(let host, let generation):
            if isCurrent(host, generation) { try finishSnapshot(host) }
        case .computed(let host, let generation, let ticket, let body):
            if isCurrent(host, generation) { try step(host, .computed(ticket, body())) }
        case .arrive(let packet, let generation):
            if isCurrent(packet.to, generation) { try arrive(packet) }
        case .dial(let host, let generation, let address):
            if isCurrent(host, generation) { dial(host, address) }
        case .linkEnded(let host, let generation, let link):
            if isCurrent(host, generation) { try step(host, .linkEnded(link)) }
        case .unlinked(let host, let generation, let link):
            if isCurrent(host, generation) { try dropLink(host, link) }
        case .handshakeLate(let host, let generation, let link):
            if isCurrent(host, generation) { try dropUnanswered(host, link) }
        case .restart(let host): if !hosts[host].isUp { try start(host) }
        case .crash: try crashSomeHost()
        case .blackout: try blackOut()
        case .partition: partition()
        case .endPartition(let number):
            if number == partitionNumber { groups = [Int](repeating: 0, count: hosts.count) }
        case .pause: pauseSomeHost()
        case .resume(let host): try wake(host)
        case .call(let number): if let body = calls.removeValue(forKey: number) { try body() }
        }
    }

    func isCurrent(_ host: Int, _ generation: Int) -> Bool {
        hosts[host].isUp && hosts[host].generation == generation
    }
}
