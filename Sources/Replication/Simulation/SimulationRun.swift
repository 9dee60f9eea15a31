import Storage

/// One seed of the simulation from start to end: form, work under faults, heal, converge, check.
///
/// Two phases. While faults come, whatever happens, no promise may be broken. Then a random majority
/// of the voters is healed for good, while the others stay away: every client must get its answers
/// from these alone, within 30 s of virtual time, and all of them the same log; each member among
/// them is asked, and must answer. At last the others come back, catch up, and answer as well; who
/// is no member then was removed by order, and no disk lacks anything. In half of the seeds a disk
/// is put back to an earlier copy of itself then, and its node gets back what it acknowledged.
///
/// What is checked: the invariants of Raft after each step; that all answers are those that the log
/// gives, once, in an order that fits the times of calls and answers; that no node stops by itself;
/// that all nodes come to the state, and keep the events, that the log gives.
///
/// In one process all hashes have one seed, so a machine that puts `hashValue` into its state, or into
/// what it emits, goes the same way on all nodes of the simulation. Run a seed in two processes
/// and compare ``trace`` to find that; the order of a `Set` or a `Dictionary` is found in one.
///
/// A run in which less than half of the calls made while faults came were answered then shows too little, and
/// is *void*. A seed replays exactly: see ``trace``.
public struct SimulationRun: Hashable, Sendable {
    /// How often which fault came.
    public var counts: FaultCounts
    /// How many calls there were.
    public var calls: Int
    /// How many of them came while faults came; the others are made when some or all are healed.
    public var callsUnderFaults: Int
    /// How many calls had an answer that says what became of them.
    public var answered: Int
    /// How many of them while faults came.
    public var answeredUnderFaults: Int
    /// How many answers were refusals of the state machine.
    public var refused: Int
    /// How many tries were not the first of their call.
    public var retries: Int
    /// How long it took, in virtual time.
    public var duration: Duration
    /// Stands for all that happened: equal for two runs of one seed.
    public var trace: Trace

    /// Whether too few calls succeeded for the run to show much.
    public var isVoid: Bool { answeredUnderFaults * 2 < callsUnderFaults }

    /// Runs a seed.
    ///
    /// - Parameters:
    ///   - configuration: The cluster, and what goes wrong in it; ``SimulationConfiguration/drawn(from:)``
    ///     gives each seed its own.
    ///   - workload: What clients do.
    ///   - onLog: Told of what nodes log, for the search of what went wrong.
    /// - Throws: ``Violation`` with the seed, if any promise is broken.
    public init<Workload: SimulatedWorkload>(
        _ configuration: SimulationConfiguration,
        _ workload: Workload,
        onLog: ((Instant, _ host: Int, LogLevel, String) -> Void)? = nil
    ) throws(Violation) {
        var configuration = configuration
        let adjust = configuration.adjust
        configuration.adjust = { node in
            node.requestTimeout = .seconds(2)
            node.replacementSilence = .seconds(2)
            adjust(&node)
        }
        let simulation = try Simulation<Workload.Machine>(configuration)
        if let onLog {
            simulation.onLog = { [unowned simulation] in onLog(simulation.now, $0, $1, $2) }
        }
        try simulation.form()
        let clients = SimulatedClients(simulation, workload)
        simulation.planCopy()
        try simulation.run(for: configuration.faultyFor)
        answeredUnderFaults = clients.answered
        let well = try simulation.healMajority()
        clients.goOn(with: well, 2)
        let isDone = try simulation.run(for: .seconds(30)) {
            clients.isDone && simulation.areConverged(well)
        }
        guard isDone else { throw simulation.unconverged(well, answered: clients.answered) }
        try simulation.heal()
        simulation.attend()
        let all = Array(0..<simulation.hostCount)
        clients.goOn(with: all, 2)
        try simulation.settle(clients, all)
        if try simulation.putBackCopy() { clients.goOn(with: all, 2) }
        try simulation.settle(clients, all)
        clients.goOn(with: all)
        try simulation.settle(clients, all)
        try simulation.check(clients)
        counts = simulation.counts
        calls = configuration.clients * configuration.calls
        callsUnderFaults = clients.callsUnderFaults
        answered = clients.answered
        refused = clients.refused
        retries = clients.retries
        duration = simulation.now - Instant(nanoseconds: 0)
        trace = simulation.trace
    }
}

extension Simulation {
    /// Forms the cluster under faults, or, if that takes too long, without.
    fileprivate func form() throws(Violation) {
        func isFormed() -> Bool { invariants.lastApplied > .zero }
        if try run(for: .seconds(5), until: isFormed) { return }
        try heal()
        guard try run(for: .seconds(30), until: isFormed) else {
            throw violation(.convergence, "the nodes form no cluster")
        }
        resumeFaults()
    }

    /// Runs until all clients have their answers, and all hosts the same log and good disks.
    fileprivate func settle<Workload: SimulatedWorkload>(
        _ clients: SimulatedClients<Workload>,
        _ all: [Int]
    ) throws(Violation) where Workload.Machine == Machine {
        let isSettled = try run(for: .seconds(60)) {
            clients.isDone && areConverged(all) && unsettled.isEmpty
        }
        guard isSettled else { throw unconverged(all, answered: clients.answered) }
    }

    fileprivate func unconverged(_ hosts: [Int], answered: Int) -> Violation {
        let all = configuration.clients * configuration.calls
        let places = hosts.map { host in
            "\(self.hosts[host].name) \(role(of: host)?.rawValue ?? "down") term \(term(of: host).value)"
                + " last \(last(of: host)) applied \(applied(of: host).value)"
        }
        let rest = unsettled.isEmpty ? "" : "; " + unsettled.joined(separator: ", ")
        return violation(
            .convergence,
            "\(answered) of \(all) calls are answered; \(places.joined(separator: ", "))\(rest)"
        )
    }

    /// Checks what clients saw and what the nodes came to against the log.
    fileprivate func check<Workload: SimulatedWorkload>(
        _ clients: SimulatedClients<Workload>
    ) throws(Violation) where Workload.Machine == Machine {
        let machine: Machine
        do throws(SimulatedFlaw) {
            let replay = try clients.history.check(invariants.committed)
            machine = replay.machine
            for host in hosts.indices {
                guard let state = state(of: host), state.applied.index == invariants.lastApplied,
                    let flaw = try replay.flaw(in: state.events)
                else { continue }
                throw SimulatedFlaw(.determinism, "\(hosts[host].name): \(flaw)")
            }
            for event in replay.events { trace.mix(UInt64(CRC32C.checksum(event.line))) }
        } catch { throw violation(error.promise, error.detail) }
        let wanted = try snapshot(of: machine)
        trace.mix(UInt64(CRC32C.checksum(wanted)))
        for host in hosts.indices {
            guard let state = state(of: host), state.applied.index == invariants.lastApplied
            else { continue }
            guard try snapshot(of: state.machine) == wanted else {
                throw violation(
                    .determinism,
                    "\(hosts[host].name) has another state than its log gives"
                )
            }
        }
        if let flaw = clients.workload.flaw(in: machine) { throw violation(.workload, flaw) }
    }

    /// The lines of a state: equal for equal states.
    private func snapshot(of machine: Machine) throws(Violation) -> [UInt8] {
        let disk = MemoryFileSystem()
        let store = SnapshotStore(directory: "state", fileSystem: disk)
        let head = SnapshotHead(
            cluster: "c",
            position: LogPosition(index: LogIndex(1), term: Term(1)),
            membershipIndex: LogIndex(1),
            membership: Membership.empty.lineBytes,
            schema: 1
        )
        do throws(FileError) { try disk.createDirectory("state") } catch {
            throw violation(.determinism, "no snapshot of the state: \(error)")
        }
        do throws(SnapshotError) {
            _ = try store.write(head) { (writer) throws(SnapshotError) in
                try machine.writeSnapshot(to: &writer)
            }
        } catch { throw violation(.determinism, "no snapshot of the state: \(error)") }
        guard let name = try? disk.list("state").first else { return [] }
        return disk.contents(of: FilePath.join("state", name)) ?? []
    }
}
