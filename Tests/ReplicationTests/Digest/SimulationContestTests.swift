import Replication
import Storage
import TestSupport
import Testing

/// States that differ where no majority can say which is right, and a bad one with the longest log.
@Suite struct SimulationContestTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `pitfall 54: no snapshot leaves a leader whose state is contradicted`(
        seed: UInt64
    ) throws {
        let (cluster, bad, good, behind) = try ContestedState.play(.contradictedFirst, seed: seed)
        #expect(cluster.simulation.counts[.installs] == 0)
        #expect(cluster.simulation.status(of: bad)?.isSplit == true)
        #expect(cluster.simulation.applied(of: behind) < cluster.simulation.applied(of: good))
        // The good state is not lost: with the bad leader gone it is all that there is.
        #expect(cluster.simulation.machine(of: good)?.values.first == "a0")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `pitfall 54: a copy of a state is no second voice for it`(seed: UInt64) throws {
        let (cluster, bad, good, _) = try ContestedState.play(.copiedFirst, seed: seed)
        #expect(cluster.simulation.counts[.installs] == 1)
        #expect(cluster.simulation.status(of: bad)?.isSplit == true)
        #expect(!cluster.simulation.isDiverged(good) && !cluster.simulation.isDiverged(bad))
    }

    @Test @Aside func `a copy that a majority has confirmed is a voice of its own`() throws {
        let cluster = try ScriptedCluster(.snapshotting(seed: 4))
        let simulation = cluster.simulation
        let (leader, other, behind) = (
            cluster.leader, cluster.followers[0], cluster.followers[1]
        )
        cluster.isolate(behind)
        try cluster.outrun(by: 80)
        cluster.rejoin()
        try cluster.reach("a copy") { $0.counts[.installs] > 0 && $0.isConverged }
        for number in 0..<4 {
            _ = try cluster.appended("b\(number)", at: leader)
            try cluster.wait(.milliseconds(600))
        }
        simulation.corrupt(other) { $0.goWrong() }
        _ = try cluster.appended("c", at: leader)
        try cluster.reach("a divergence") { $0.isDiverged(other) }
        try cluster.reach("a healed state") { !$0.isDiverged(other) }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a bad state with the longest log leads until another voter has the log`(
        seed: UInt64
    ) throws {
        let cluster = try ScriptedCluster(.snapshotting(seed: seed))
        let simulation = cluster.simulation
        let (old, bad, behind) = (cluster.leader, cluster.followers[0], cluster.followers[1])
        _ = try cluster.appended("a", at: old)
        simulation.corrupt(bad) { $0.goWrong() }
        _ = try cluster.appended("b", at: old)
        try cluster.reach("a divergence") { $0.isDiverged(bad) }
        // What is acknowledged from here on is with the old leader and the bad node alone.
        cluster.isolate(behind)
        let ticket = try cluster.append("c", at: old)
        try cluster.reach("an answer") { _ in cluster.replies[ticket] != nil }
        try #require(simulation.isDiverged(bad))
        try simulation.crash(old, powerLoss: true)
        cluster.rejoin()
        try cluster.reach("the lead of the bad node") { _ in simulation.role(of: bad) == .leader }
        // It answers nobody by its own state.
        #expect(try cluster.appended("no", at: bad) == .failed(.diverged, key: "no"))
        try cluster.reach("a good leader") { $0.leader == behind }
        #expect(try cluster.appended("d", at: behind).isOutput)
        try cluster.reach("a healed state") { !$0.isDiverged(bad) }
        try simulation.start(old)
        try cluster.reach("agreement") { $0.isConverged }
        #expect(cluster.values == ["a", "b", "c", "d"])
    }
}

extension Reply {
    fileprivate var isOutput: Bool { if case .output = self { true } else { false } }
}
