import Replication
import Storage
import TestSupport
import Testing

/// Wall clocks that are 30 days off, and what the log makes of them.
@Suite struct SimulationClockTests {
    private static let month = Duration.seconds(30 * 86_400)

    /// A cluster with wrong clocks, and the time as the good ones have it.
    private final class Script {
        let simulation: Simulation<Register>
        private var replies: [Ticket: Reply] = [:]

        init(nodes: Int, seed: UInt64, wrong: [Int: Duration] = [:]) throws {
            var configuration = SimulationConfiguration(seed: seed)
            configuration.nodes = nodes
            configuration.startsHosts = false
            configuration.faults.slowSyncs = 0
            simulation = try Simulation<Register>(configuration)
            simulation.onReply = { [unowned self] in replies[$0] = $1 }
            for (host, offset) in wrong { simulation.setClock(of: host, ahead: offset) }
            for host in 0..<nodes { try simulation.start(host) }
            try reach { $0.leader != nil && $0.isConverged }
        }

        var leader: Int { simulation.leader ?? 0 }

        func reach(_ isThere: (Simulation<Register>) -> Bool) throws {
            try #require(try simulation.run(for: .seconds(20)) { isThere(simulation) })
        }

        /// Appends, and gives the place.
        func append(_ value: String, at host: Int) throws -> Reply {
            let ticket = try simulation.request(
                Register.Append(value: value).lineBytes,
                key: value,
                at: host
            )
            try reach { _ in replies[ticket] != nil }
            return try #require(replies[ticket])
        }

        /// The newest entry's time, less the virtual one.
        func offset(of host: Int) throws -> Duration {
            let time = try #require(simulation.state(of: host)?.time.milliseconds)
            let truth = 1_763_697_600_000 + simulation.now.nanoseconds / 1_000_000
            return .milliseconds(time - truth)
        }

        /// The first key is still known, and time is what the good clocks say; they are up to two
        /// seconds ahead of the virtual time, and an entry is older than its answer.
        func check() throws {
            let again = try append("first", at: leader)
            guard case .output(_, _, _, isRepeated: true) = again else {
                Issue.record("the key was evicted: \(again)")
                return
            }
            _ = try append("now \(simulation.now)", at: leader)
            let offset = try offset(of: leader)
            #expect(offset > .milliseconds(-500) && offset < .milliseconds(2_100), "\(offset)")
        }
    }

    @Test(arguments: [3, 5], [month, .zero - month])
    @Aside func `a clock that is a month off from the start evicts no key`(
        nodes: Int,
        off: Duration
    ) throws {
        // The creator of the cluster, and the one that sorts last.
        for wrong in [0, nodes - 1] {
            let script = try Script(nodes: nodes, seed: UInt64(nodes), wrong: [wrong: off])
            _ = try script.append("first", at: script.leader)
            try script.simulation.run(for: .seconds(1))
            try script.check()
        }
    }

    @Test(arguments: [3, 5], [month, .zero - month])
    @Aside func `a leader's clock that jumps a month while it leads evicts no key`(
        nodes: Int,
        off: Duration
    ) throws {
        let script = try Script(nodes: nodes, seed: 7)
        _ = try script.append("first", at: script.leader)
        for jump in [off, .zero, off] {
            script.simulation.setClock(of: script.leader, ahead: jump)
            try script.check()
            try script.simulation.run(for: .milliseconds(300))
            try script.check()
        }
    }

    @Test(arguments: [3, 5], [month, .zero - month])
    @Aside
    func `a new leader with a wrong clock, who has heard a majority and no more, evicts no key`(
        nodes: Int,
        off: Duration
    ) throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let script = try Script(nodes: nodes, seed: seed)
            let old = script.leader
            _ = try script.append("first", at: old)
            // All but one of those that are left are wrong, as far as a minority goes.
            let others = (0..<nodes).filter { $0 != old }
            for host in others.prefix((nodes - 1) / 2) {
                script.simulation.setClock(of: host, ahead: off)
            }
            try script.simulation.crash(old, powerLoss: true)
            try script.reach { $0.leader.map { $0 != old } ?? false }
            let before = try #require(script.simulation.state(of: script.leader)?.time)
            let again = try script.append("first", at: script.leader)
            guard case .output(_, _, _, isRepeated: true) = again else {
                Issue.record("the key was evicted: \(again)")
                return
            }
            _ = try script.append("second", at: script.leader)
            let after = try #require(script.simulation.state(of: script.leader)?.time)
            #expect(before <= after)
            #expect(try script.offset(of: script.leader) < .milliseconds(2_100))
            try script.simulation.start(old)
            try script.simulation.run(for: .seconds(1))
            try script.check()
        }
    }

    @Test @Aside func `a wrong clock that was put right while its node was down does not count on`()
        throws
    {
        let script = try Script(nodes: 3, seed: 5)
        _ = try script.append("first", at: script.leader)
        let others = (0..<3).filter { $0 != script.leader }
        script.simulation.setClock(of: others[0], ahead: Self.month)
        try script.simulation.run(for: .seconds(1))
        try script.simulation.crash(others[0], powerLoss: false)
        script.simulation.setClock(of: others[0], ahead: .zero)
        try script.simulation.run(for: .seconds(2))
        script.simulation.setClock(of: others[1], ahead: Self.month)
        try script.simulation.run(for: .seconds(1))
        try script.check()
    }

    @Test @Aside func `a leader that was paused for long does not put the time back or ahead`()
        throws
    {
        let script = try Script(nodes: 3, seed: 3)
        let old = script.leader
        _ = try script.append("first", at: old)
        script.simulation.setClock(of: old, ahead: Self.month)
        script.simulation.pause(old, for: .seconds(30))
        try script.simulation.run(for: .seconds(40))
        try script.reach { $0.isConverged }
        try script.check()
    }
}
