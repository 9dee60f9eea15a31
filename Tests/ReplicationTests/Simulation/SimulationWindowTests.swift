import Replication
import Storage
import TestSupport
import Testing

/// Snapshots that go over slow and bad links, several pieces at a time.
@Suite struct SimulationWindowTests {
    /// A cluster with a follower that needs a snapshot of many pieces.
    private final class Script {
        let cluster: ScriptedCluster
        let away: Int
        private(set) var logged: [String] = []
        /// When the transfer began and ended.
        private(set) var times: [Instant] = []

        init(seed: UInt64 = 3, pieces: Int = 16, lost: Int = 0) throws {
            var configuration = SimulationConfiguration.snapshotting(seed: seed)
            configuration.faults.lost = lost
            configuration.faults.doubled = lost
            configuration.faults.delayed = lost
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
                if text.contains("it is sent a snapshot") || text.contains("installed a snapshot") {
                    times.append(cluster.simulation.now)
                }
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
        try script.cluster.reach("the snapshot") { $0.counts[.installs] == 1 }
        try script.converge()
        let begin = try #require(script.times.first)
        let end = try #require(script.times.last)
        return end - begin
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
        let script = try Script(seed: seed, lost: 50)
        script.cluster.rejoin()
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
        try script.cluster.reach("a transfer") { _ in !script.times.isEmpty }
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
