import Storage
import TestSupport
import Testing

@testable import Replication

/// Snapshots that go over slow and bad links, several pieces at a time.
@Suite struct SimulationWindowTests {
    /// A cluster with a follower that needs a snapshot of many pieces.
    private final class Script {
        let cluster: ScriptedCluster
        let away: Int
        /// When the last transfer began, and the first ended.
        private(set) var begin: Instant?
        private(set) var end: Instant?

        init(seed: UInt64 = 3, pieces: Int = 16) throws {
            var configuration = SimulationConfiguration.snapshotting(seed: seed)
            let base = configuration.adjust
            configuration.adjust = { node in
                base(&node)
                node.snapshots.window.pieceBytes = 200
                node.snapshots.window.bytes = 200 * 16
                node.snapshots.window.pieces = pieces
            }
            cluster = try ScriptedCluster(configuration)
            away = cluster.followers[0]
            cluster.simulation.onLog = { [unowned self] _, _, text in
                guard end == nil else { return }
                if text.contains("it is sent a snapshot") { begin = cluster.simulation.now }
                if text.contains("installed a snapshot") { end = cluster.simulation.now }
            }
            cluster.isolate(away)
            for number in 1...150 {
                _ = try cluster.appended("v\(number)", at: cluster.leader)
                // Snapshots take their time.
                if number % 20 == 0 { try cluster.wait(.milliseconds(250)) }
            }
        }

        /// All nodes agree on everything.
        func converge() throws {
            try cluster.reach("agreement") { $0.isConverged }
            let state = cluster.simulation.state(of: 0)
            #expect(cluster.simulation.state(of: 1) == state)
            #expect(cluster.simulation.state(of: 2) == state)
            #expect(state?.machine.values == (1...150).map { "v\($0)" })
            #expect(cluster.simulation.counts[.installs] >= 1)
        }
    }

    /// The time from the order to the installed snapshot, over a link of 100 ms there and back.
    private static func transfer(pieces: Int) throws -> Duration {
        let script = try Script(pieces: pieces)
        script.cluster.simulation.slowLinks(by: .milliseconds(50))
        script.cluster.rejoin()
        _ = try script.cluster.simulation.run(for: .seconds(120)) { script.end != nil }
        try script.converge()
        return try #require(script.end) - (try #require(script.begin))
    }

    @Test @Aside func `a window fills a link of 100 ms, at least five times as fast as one piece`()
        throws
    {
        let (one, many) = (try Self.transfer(pieces: 1), try Self.transfer(pieces: 16))
        #expect(many * 5 <= one, "\(one) and \(many)")
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a transfer ends though pieces and answers are lost, doubled and reordered`(
        seed: UInt64
    ) throws {
        let script = try Script(seed: seed)
        let simulation = script.cluster.simulation
        simulation.faults.lost = 50
        simulation.faults.doubled = 50
        simulation.faults.delayed = 50
        script.cluster.rejoin()
        try script.cluster.reach("the snapshot") { _ in script.end != nil }
        (simulation.faults.lost, simulation.faults.delayed) = (0, 0)
        try script.converge()
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a transfer ends though the member, and then the leader, starts anew`(
        seed: UInt64
    ) throws {
        let script = try Script(seed: seed)
        let (simulation, away) = (script.cluster.simulation, script.away)
        simulation.slowLinks(by: .milliseconds(50))
        script.cluster.rejoin()
        try script.cluster.reach("a transfer") { _ in script.begin != nil }
        try script.cluster.wait(.milliseconds(450))
        #expect(simulation.counts[.installs] == 0)
        try simulation.crash(away, powerLoss: seed % 2 == 0)
        try simulation.start(away)
        try script.cluster.wait(.milliseconds(450))
        let leader = script.cluster.leader
        try simulation.crash(leader, powerLoss: false)
        try simulation.start(leader)
        try script.converge()
    }
}
