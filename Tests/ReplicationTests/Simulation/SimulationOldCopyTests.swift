import Replication
import Storage
import TestSupport
import Testing

/// Disks that are put back to an old copy of themselves.
@Suite struct SimulationOldCopyTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>, [false, true])
    @Aside func `pitfall 58: two histories are found, and none is thrown away`(
        seed: UInt64,
        compacts: Bool
    ) throws {
        let configuration =
            compacts ? SimulationConfiguration.snapshotting(seed: seed) : .init(seed: seed)
        let outcome = try OldCopy.play(configuration, appending: compacts ? 60 : 10)
        let (cluster, truth) = (outcome.cluster, outcome.truth)
        let simulation = cluster.simulation
        let said = try #require(simulation.contradictions(of: truth).first)
        #expect(said.contains("old copy"), "\(said)")
        #expect(!simulation.isUp(truth))
        // The others go on, and show it.
        #expect(try cluster.appended("on", at: cluster.leader).isOutput)
        let status = try #require(simulation.status(of: cluster.leader))
        #expect(status.contradicted.map(\.id) == ["n\(truth + 1)"])
        #expect(status.explanations.contains { $0.subject == .history })
        // Again at each start.
        try simulation.start(truth)
        try cluster.reach("the same again") { $0.contradictions(of: truth).count == 2 }
        #expect(try outcome.held(at: truth))
    }
}

extension Reply {
    fileprivate var isOutput: Bool { if case .output = self { true } else { false } }
}
