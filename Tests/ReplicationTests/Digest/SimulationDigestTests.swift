import Replication
import Storage
import TestSupport
import Testing

/// Nodes whose states go wrong, in a simulated cluster that goes on writing.
@Suite struct SimulationDigestTests {
    /// A cluster that snapshots and compacts all the time, and what it says.
    private final class Script {
        let cluster: ScriptedCluster
        let simulation: Simulation<Register>
        private(set) var logged: [(host: Int, level: LogLevel, text: String)] = []
        private(set) var acknowledged: [String] = []

        init(nodes: Int = 3, seed: UInt64) throws {
            var configuration = SimulationConfiguration.snapshotting(seed: seed)
            configuration.nodes = nodes
            cluster = try ScriptedCluster(configuration)
            simulation = cluster.simulation
            simulation.onLog = { [unowned self] in logged.append(($0, $1, $2)) }
            try append(20)
        }

        func said(_ text: String) -> [Int] {
            logged.filter { $0.level == .error && $0.text.contains(text) }.map(\.host)
        }

        /// Appends at a host that serves.
        func append(_ count: Int, at host: Int? = nil) throws {
            for _ in 0..<count {
                let value = "v\(acknowledged.count)"
                let reply = try cluster.appended(value, at: host ?? cluster.leader)
                guard case .output = reply else {
                    Issue.record("\(value): \(reply)")
                    return
                }
                acknowledged.append(value)
            }
        }

        /// Waits until the one host that was wrong has found it, and has healed.
        func heal(_ host: Int) throws {
            try cluster.reach("a divergence") { $0.isDiverged(host) }
            try cluster.reach("another leader") { [simulation] in
                $0.leader.map { $0 != host && !simulation.isDiverged($0) } ?? false
            }
            try append(3)
            try cluster.reach("a healed state") { !$0.isDiverged(host) }
            try append(3)
            try converge()
        }

        func converge() throws {
            try cluster.reach("agreement") { $0.isConverged }
            let leader = simulation.state(of: cluster.leader)
            for host in 0..<simulation.configuration.nodes {
                #expect(simulation.state(of: host) == leader)
            }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a follower whose state is wrong takes the leader's, and the others serve on`(
        seed: UInt64
    ) throws {
        let script = try Script(seed: seed)
        let (leader, bad) = (script.cluster.leader, script.cluster.followers[Int(seed) % 2])
        let elections = script.simulation.counts[.elections]
        script.simulation.corrupt(bad) { $0.goWrong() }
        try script.append(5)
        try script.heal(bad)
        #expect(script.said("this node differs") == [bad])
        #expect(script.simulation.counts[.elections] == elections)
        #expect(script.cluster.leader == leader)
        #expect(script.simulation.machine(of: bad)?.values == script.acknowledged)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a leader whose state is wrong stops leading, and no write is lost`(seed: UInt64)
        throws
    {
        let script = try Script(seed: seed)
        let bad = script.cluster.leader
        script.simulation.corrupt(bad) { $0.goWrong() }
        try script.append(5, at: script.cluster.followers[0])
        try script.heal(bad)
        #expect(script.said("this node differs") == [bad])
        #expect(script.simulation.machine(of: bad)?.values == script.acknowledged)
        // Whatever a wrong leader answered, it took the writes in order.
        #expect(script.cluster.values == script.acknowledged)
    }

    @Test @Aside func `while it is wrong it refuses queries, requests and streams, and votes on`()
        throws
    {
        let script = try Script(seed: 5)
        let bad = script.cluster.followers[0]
        let other = script.cluster.followers[1]
        script.simulation.corrupt(bad) { $0.goWrong() }
        let ticket = try script.simulation.openStream(at: bad)
        var ended: [Ticket] = []
        script.simulation.onStreamEnd = { ticket, _ in ended.append(ticket) }
        try script.append(1)
        try script.cluster.reach("a divergence") { $0.isDiverged(bad) }
        #expect(ended == [ticket])
        // Nobody is left to heal it, and still its vote counts.
        let leader = script.cluster.leader
        script.cluster.isolate(leader)
        for consistency in [Consistency.stale, .linearizable] {
            let reply = try script.cluster.read(consistency, at: bad)
            #expect(reply == .failed(.diverged, key: nil))
        }
        #expect(
            try script.cluster.appended("no", at: bad) == .failed(.diverged, key: "no")
        )
        #expect(script.simulation.status(of: bad)?.isDiverged == true)
        try script.cluster.change(from: leader)
        #expect(script.cluster.leader == other)
        script.cluster.rejoin()
        try script.cluster.reach("a healed state") { !$0.isDiverged(bad) }
        try script.converge()
        #expect(script.simulation.status(of: bad)?.isDiverged == false)
    }

    @Test @Aside func `a node that is wrong does not lead, however long nobody leads`() throws {
        let script = try Script(seed: 6)
        let (leader, bad) = (script.cluster.leader, script.cluster.followers[0])
        script.simulation.corrupt(bad) { $0.goWrong() }
        try script.append(1)
        try script.cluster.reach("a divergence") { $0.isDiverged(bad) }
        try script.simulation.crash(leader, powerLoss: true)
        try script.simulation.crash(script.cluster.followers[1], powerLoss: true)
        let other = (0..<3).first { $0 != leader && $0 != bad } ?? 0
        if script.simulation.isUp(other) { try script.simulation.crash(other, powerLoss: true) }
        // The old leader votes for nobody that it does not hear.
        try script.simulation.start(leader)
        script.simulation.pause(leader, for: .seconds(1))
        try script.cluster.wait(.seconds(1))
        #expect(script.simulation.role(of: bad) != .leader)
        try script.simulation.start(other)
        try script.cluster.reach("a healed state") { $0.leader != nil && !$0.isDiverged(bad) }
        try script.converge()
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `a crash before it has healed finds the divergence again`(seed: UInt64) throws {
        let script = try Script(seed: seed)
        let (leader, bad) = (script.cluster.leader, script.cluster.followers[0])
        script.simulation.corrupt(bad) { $0.goWrong() }
        // Its own snapshots are of the wrong state.
        let written = script.simulation.counts[.snapshots]
        script.cluster.isolate(bad)
        script.cluster.rejoin()
        for _ in 0..<5 where script.simulation.counts[.snapshots] < written + 3 {
            try script.append(4)
        }
        try script.cluster.reach("a divergence") { $0.isDiverged(bad) }
        try script.simulation.crash(bad, powerLoss: true)
        try script.simulation.start(bad)
        #expect(!script.simulation.isDiverged(bad))
        try script.append(2)
        try script.cluster.wait(.seconds(3))
        try script.converge()
        #expect(script.cluster.leader == leader)
        #expect(script.simulation.machine(of: bad)?.values == script.acknowledged)
        // What it holds now is what it would start from.
        try script.simulation.crash(bad, powerLoss: true)
        try script.simulation.start(bad)
        try script.converge()
        #expect(!script.simulation.isDiverged(bad))
    }

    @Test @Aside func `where no majority agrees an alarm is raised, and nobody stops`() throws {
        let script = try Script(seed: 7)
        let followers = script.cluster.followers
        script.simulation.corrupt(followers[0]) { $0.goWrong("a") }
        script.simulation.corrupt(followers[1]) {
            $0.goWrong("b")
            $0.goWrong("c")
        }
        try script.append(3)
        try script.cluster.wait(.seconds(2))
        #expect(script.said("no majority agrees") == [script.cluster.leader])
        #expect(script.said("this node differs").isEmpty)
        #expect(script.simulation.status(of: script.cluster.leader)?.isSplit == true)
        try script.append(3, at: followers[0])
        guard case .answer = try script.cluster.read(at: followers[1]) else {
            Issue.record("a read is refused")
            return
        }
    }

    @Test @Aside func `two that are wrong in the same way are the majority`() throws {
        let script = try Script(seed: 8)
        let followers = script.cluster.followers
        let good = script.cluster.leader
        for host in followers { script.simulation.corrupt(host) { $0.goWrong() } }
        try script.append(3)
        try script.heal(good)
        #expect(script.said("this node differs") == [good])
        #expect(script.simulation.machine(of: good)?.values == ["wrong"] + script.acknowledged)
    }

    @Test @Aside func `of five, two that are wrong heal, each for itself`() throws {
        let script = try Script(nodes: 5, seed: 9)
        let followers = script.cluster.followers
        script.simulation.corrupt(followers[1]) { $0.goWrong() }
        script.simulation.corrupt(followers[3]) { $0.goWrong() }
        try script.append(3)
        try script.cluster.reach("divergences") {
            $0.isDiverged(followers[1]) || $0.isDiverged(followers[3])
        }
        try script.append(3)
        try script.cluster.wait(.seconds(4))
        try script.converge()
        #expect(Set(script.said("this node differs")) == [followers[1], followers[3]])
        #expect(script.cluster.values == script.acknowledged)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `a node that is behind compares too, once it has caught up`(seed: UInt64) throws {
        let script = try Script(seed: seed)
        let bad = script.cluster.followers[0]
        script.simulation.corrupt(bad) { $0.goWrong() }
        script.cluster.isolate(bad)
        try script.append(4)
        script.cluster.rejoin()
        try script.append(4)
        try script.cluster.wait(.seconds(4))
        try script.converge()
        #expect(script.simulation.machine(of: bad)?.values == script.acknowledged)
    }

    @Test @Aside func `the invariants find two states at one index`() throws {
        let script = try ScriptedCluster(seed: 10)
        let bad = script.followers[0]
        script.simulation.corrupt(bad, isNoticed: true) { $0.goWrong() }
        let violation = #expect(throws: Violation.self) {
            _ = try script.appended("a", at: script.leader)
            try script.wait(.seconds(1))
        }
        #expect(violation?.promise == .determinism)
    }
}
