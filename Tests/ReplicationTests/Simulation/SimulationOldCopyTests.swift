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

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    @Aside func `pitfall 58: a node on an old copy is told what it acknowledged`(
        seed: UInt64
    ) throws {
        let told = try OldCopy.playTold(SimulationConfiguration(seed: seed))
        let simulation = told.cluster.simulation
        // It lacks the entries, knows that, and elects nobody who lacks them too.
        #expect(simulation.last(of: told.old) < told.last)
        #expect(simulation.lost(by: told.old) == told.last)
        #expect(simulation.leader == nil)
        // Also after a restart, while nobody tells it again.
        simulation.partition { $0 == told.witness || $1 == told.witness }
        try simulation.crash(told.old, powerLoss: true)
        try simulation.start(told.old)
        try told.cluster.wait(.seconds(3))
        #expect(simulation.lost(by: told.old) == told.last)
        #expect(simulation.leader == nil)
        told.cluster.rejoin()
        try told.cluster.reach("a leader, and all that was acknowledged") { simulation in
            simulation.leader != nil && simulation.lost(by: told.old) == nil
                && simulation.applied(of: told.old) >= told.last.index
        }
        #expect(try told.cluster.appended("c", at: told.cluster.leader).isOutput)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a node on an old copy gets back what it acknowledged while nobody leads`(
        seed: UInt64
    ) throws {
        let told = try OldCopy.playTold(SimulationConfiguration(seed: seed), goesOn: true)
        let simulation = told.cluster.simulation
        try told.cluster.reach("a leader that holds all") { simulation in
            simulation.leader.map { simulation.last(of: $0) > told.last } ?? false
        }
        #expect(simulation.lost(by: told.old) == nil)
        #expect(try told.cluster.appended("c", at: told.cluster.leader).isOutput)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a node that was only killed is not taken for an old copy`(seed: UInt64) throws {
        let cluster = try ScriptedCluster(nodes: 5, seed: seed)
        let simulation = cluster.simulation
        let gone = cluster.leader
        _ = try cluster.appended("a", at: gone)
        try cluster.reach("one log") { $0.isConverged }
        try simulation.crash(gone, powerLoss: true)
        try cluster.change(from: gone)
        _ = try cluster.appended("b", at: cluster.leader)
        // The others were told of all members.
        try cluster.wait(.seconds(1))
        let term = simulation.term(of: cluster.leader)
        simulation.onLog = { host, level, message in
            if host == gone, level == .critical { Issue.record("\(message)") }
        }
        try simulation.start(gone)
        try cluster.reach("one log again") { $0.isConverged }
        #expect(simulation.term(of: cluster.leader) == term)
    }

    @Test @Aside
    func `a leader that goes before its own vote is durable has not spoken in that term`() throws {
        let forgot = try (1...4 as ClosedRange<UInt64>).count { try Self.forgetsItsTerm(seed: $0) }
        #expect(forgot >= 2)
    }

    /// A node leads by the votes of others, goes, and comes back.
    ///
    /// - Returns: Whether it has come back without the term.
    private static func forgetsItsTerm(seed: UInt64) throws -> Bool {
        let cluster = try ScriptedCluster(nodes: 5, seed: seed)
        let simulation = cluster.simulation
        let next = cluster.followers[0]
        let term = simulation.term(of: next)
        simulation.stallDisk(of: next, for: .seconds(2))
        try simulation.order(
            .transfer(to: try #require(simulation.status(of: next)?.node)),
            at: cluster.leader
        )
        try cluster.reach("a leader by the votes of others") { $0.leader == next }
        try cluster.wait(.milliseconds(600))
        simulation.onLog = { host, level, message in
            if host == next, level == .critical, message.contains("old copy") {
                Issue.record("\(message)")
            }
        }
        try simulation.crash(next, powerLoss: true)
        try simulation.start(next)
        let hasForgotten = simulation.term(of: next) == term
        try cluster.reach("one log again") { $0.isConverged }
        return hasForgotten
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `what a damaged disk keeps is kept when it is told of a later term`(
        seed: UInt64
    ) throws {
        let (cluster, damaged, behind, _) = try DamagedEntry.begin(seed: seed)
        let simulation = cluster.simulation
        try DamagedEntry.flip(["first3"], on: damaged, simulation)
        try simulation.start(damaged)
        try simulation.start(behind)
        try cluster.wait(.milliseconds(100))
        let lost = try #require(simulation.lost(by: damaged))
        let known = Acknowledged(
            node: try #require(simulation.status(of: damaged)?.node),
            position: lost,
            term: simulation.term(of: damaged).next
        )
        try simulation.say(.acknowledged([known]), from: behind, to: damaged)
        #expect(simulation.term(of: damaged) == known.term)
        // The one that is behind never had what stands behind the hole.
        let all = (1...5).map { "first\($0)" } + (1...5).map { "second\($0)" }
        try cluster.reach("all that was acknowledged") { simulation in
            [damaged, behind].allSatisfy { simulation.machine(of: $0)?.values == all }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `a node that gave a vote, and was put back, gives no other in that term`(
        seed: UInt64
    ) throws {
        let cluster = try ScriptedCluster(seed: seed)
        let simulation = cluster.simulation
        let (leader, old) = (cluster.leader, cluster.followers[0])
        try cluster.reach("one log") { $0.isConverged }
        try simulation.crash(old, powerLoss: false)
        let copy = simulation.copyDisk(of: old)
        // It votes in the next term, and acknowledges that leader's first entry.
        try simulation.crash(leader, powerLoss: false)
        try simulation.start(old)
        try cluster.reach("another leader") { $0.leader.map { $0 != leader } ?? false }
        try cluster.wait(.seconds(1))
        let term = simulation.term(of: cluster.leader)
        guard cluster.leader != old else { return }
        try simulation.putBack(old, copy)
        try cluster.reach("that it is told") { $0.term(of: old) >= term }
        #expect(simulation.term(of: old) == term)
        try simulation.start(leader)
        try cluster.reach("one log again") { $0.isConverged }
    }
}

extension Reply {
    fileprivate var isOutput: Bool { if case .output = self { true } else { false } }
}
