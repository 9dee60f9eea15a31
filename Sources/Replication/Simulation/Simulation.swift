import Storage

/// A cluster of whole nodes, their disks and their network in one thread, under one seed.
///
/// It interprets the same effects as the replica, over the same code for journals and snapshots.
/// Time is virtual: a second costs what happens in it. After each step the invariants of Raft are
/// checked. ``SimulationRun`` runs one from start to end; this type is for scripts that lead a
/// cluster step by step.
public final class Simulation<Machine: Service> {
    /// What the run is like.
    public let configuration: SimulationConfiguration
    /// Virtual time since the start.
    public private(set) var now = Instant(nanoseconds: 0)
    /// How often which fault came.
    public internal(set) var counts = FaultCounts()
    /// Stands for all that happened, in its order: equal only for runs that went alike.
    public internal(set) var trace = Trace()
    /// Whether a disk may be put back to an old copy of itself beyond what the others can make good:
    /// then nodes may stop because two histories met.
    package var allowsTwoHistories = false
    /// A copy of a host's disk, made while faults came.
    var oldCopy: (host: Int, identity: NodeIdentity, disk: MemoryFileSystem)?
    /// Told of each answer to a request or query that nobody else waits for.
    package var onReply: (Ticket, Reply) -> Void = { _, _ in }
    /// Told of each message that one host sends to another, whatever becomes of it.
    package var onSend: ((_ from: Int, _ to: Int, PeerMessage) -> Void)?
    /// Told of what nodes log, with the host's number.
    public var onLog: ((_ host: Int, LogLevel, String) -> Void)?

    var hosts: [SimulatedHost] = []
    var queue = EventQueue()
    var generator: SeededGenerator
    var faults: SimulationConfiguration.Faults
    var network: SimulatedNetwork
    /// Counts the times that all faults ended.
    var faultsNumber: UInt64 = 0
    var partitionNumber: UInt64 = 0
    var swizzleNumber: UInt64 = 0
    var slowLinksNumber: UInt64 = 0
    var lastLink: UInt64 = 0
    var lastTicket: UInt64 = 0
    var lastCall: UInt64 = 0
    /// Counts addresses that members moved to.
    var lastMove = 0
    /// What arrived at paused hosts.
    var deferred: [Int: [NodeInput]] = [:]
    /// What a script keeps back, by sender and receiver.
    var withheld: [[Int]: [SimulatedPacket]] = [:]
    /// Who waits for an answer by itself.
    var waiters: [Ticket: SimulatedWaiter] = [:]
    /// Told of what is written to a stream.
    package var onStream: (Ticket, [StreamItem]) -> Void = { _, _ in }
    /// Told of the end of a stream.
    package var onStreamEnd: (Ticket, Refusal?) -> Void = { _, _ in }
    var calls: [UInt64: () throws(Violation) -> Void] = [:]
    var invariants: Invariants

    /// Creates a cluster of blank nodes and starts them all.
    ///
    /// - Throws: ``Violation``.
    public init(_ configuration: SimulationConfiguration) throws(Violation) {
        precondition(configuration.nodes > 0, "a simulation of \(configuration.nodes) nodes")
        self.configuration = configuration
        generator = SeededGenerator(seed: configuration.seed)
        faults = configuration.faults
        network = SimulatedNetwork(hosts: configuration.nodes)
        invariants = Invariants(seed: configuration.seed)
        for _ in 0..<configuration.nodes { hosts.append(newHost()) }
        if configuration.startsHosts { for host in hosts.indices { try start(host) } }
        planFaults()
    }

    func newHost() -> SimulatedHost {
        let skew = faults.clockSkew.nanoseconds
        let offset = skew == 0 ? 0 : Int64.random(in: 0...skew, using: &generator)
        let drift = faults.clockDrift
        return SimulatedHost(
            name: "n\(hosts.count + 1)",
            clock: SimulatedClock(
                wallOffset: .nanoseconds(offset),
                drift: drift == 0
                    ? 0 : Int64.random(in: Int64(-drift)...Int64(drift), using: &generator)
            )
        )
    }

    /// Runs until a time, or until `isDone`, which is asked after each event.
    ///
    /// - Returns: Whether `isDone` said so before the time was over.
    /// - Throws: ``Violation``.
    @discardableResult
    public func run(
        for duration: Duration,
        until isDone: () -> Bool = { false }
    ) throws(Violation) -> Bool {
        let end = now + duration
        while let next = queue.next, next <= end {
            guard let (at, event) = queue.pop() else { break }
            now = max(now, at)
            trace.mix(UInt64(bitPattern: now.nanoseconds))
            try handle(event)
            if isDone() { return true }
        }
        now = max(now, end)
        return isDone()
    }

    /// Calls back after a time.
    public func after(
        _ duration: Duration,
        _ body: @escaping () throws(Violation) -> Void
    ) {
        lastCall += 1
        calls[lastCall] = body
        queue.plan(.call(lastCall), at: now + duration)
    }

    /// A number below `limit`, from the seed.
    public func draw(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    func draw(_ range: ClosedRange<Int64>) -> Duration {
        .nanoseconds(Int64.random(in: range, using: &generator))
    }

    func happens(_ perThousand: Int) -> Bool {
        perThousand > 0 && Int.random(in: 0..<1_000, using: &generator) < perThousand
    }

    func violation(_ promise: Violation.Promise, _ detail: String) -> Violation {
        Violation(promise: promise, detail: detail, seed: configuration.seed)
    }

    private func handle(_ event: SimulatedEvent) throws(Violation) {
        switch event {
        case .timer(let host, let generation):
            guard isCurrent(host, generation) else { return }
            hosts[host].nextTimer = nil
            try turn(host, [])
        case .journal(let host, let generation):
            if isCurrent(host, generation) { try finishJobs(host) }
        case .journalIsIdle(let host, let generation, let batch):
            if isCurrent(host, generation) { try vouchForLastBatch(host, batch) }
        case .space(let host, let generation):
            if isCurrent(host, generation) { try lookForSpace(host) }
        case .snapshot(let host, let generation):
            if isCurrent(host, generation) { try finishSnapshot(host) }
        case .computed(let host, let generation, let ticket, let body):
            if isCurrent(host, generation) { try step(host, .computed(ticket, body())) }
        case .arrive(let packet, let generation):
            if isCurrent(packet.to, generation) { try arrive(packet) }
        case .stray(let packet): try deliverStray(packet)
        case .dial(let host, let generation, let address):
            if isCurrent(host, generation) { dial(host, address) }
        case .linkEnded(let host, let generation, let link):
            if isCurrent(host, generation) { try step(host, .linkEnded(link)) }
        case .unlinked(let host, let generation, let link):
            if isCurrent(host, generation) { try dropLink(host, link) }
        case .handshakeLate(let host, let generation, let link):
            if isCurrent(host, generation) { dropUnanswered(host, link) }
        case .restart(let host): if !hosts[host].isUp, !hosts[host].isAway { try start(host) }
        // Whoever healed the cluster meant what was planned before too.
        case .fault(let fault, let number): if number == faultsNumber { try strike(fault) }
        case .endPartition(let number): if number == partitionNumber { network.endCuts() }
        case .clog(let host, let isClogged, let swizzle):
            guard swizzle == swizzleNumber else { return }
            if isClogged { network.clog(host) } else { network.unclog(host) }
        case .endSlowLinks(let number): if number == slowLinksNumber { network.endDelays() }
        case .rollOn(let rest): try roll(rest)
        case .resume(let host): try wake(host)
        case .call(let number): if let body = calls.removeValue(forKey: number) { try body() }
        }
    }

    func isCurrent(_ host: Int, _ generation: Int) -> Bool {
        hosts[host].isUp && hosts[host].generation == generation
    }
}

/// A running hash (FNV-1a by words) of what happened.
public struct Trace: Hashable, Sendable {
    /// The hash.
    public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func mix(_ word: UInt64) { value = (value ^ word) &* 0x0000_0100_0000_01B3 }
}
