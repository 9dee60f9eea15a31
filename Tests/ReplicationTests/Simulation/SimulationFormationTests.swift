import Replication
import Storage
import TestSupport
import Testing

/// The creator is killed at every point of the formation, by enumeration.
@Suite struct SimulationFormationTests {
    /// Where the creator dies.
    private enum Death {
        case packet(Int)
        case call(Int, MemoryFileSystem.CrashPoint)
    }

    enum Disk: CaseIterable {
        case kept
        case keptButForUnsynced
        case lost
    }

    private struct Outcome {
        /// Whether the creator died before everybody knew the cluster.
        var didDie = false
        /// Whether another node knows the cluster when the creator is back, and none its first entry.
        var isHopeless = false
        /// The ids that nodes know at the end.
        var clusters: Set<String> = []
        /// Whether all nodes agree and a request is answered.
        var isServing = false
    }

    private static let creator = 0

    @Test(arguments: Disk.allCases)
    @Aside func `pitfall 26: the creator may die before any packet`(disk: Disk) throws {
        try enumerate(disk) { .packet($0) }
    }

    @Test(arguments: Disk.allCases, MemoryFileSystem.CrashPoint.allCases)
    @Aside func `pitfall 26: the creator may die at any call of its disk`(
        disk: Disk,
        point: MemoryFileSystem.CrashPoint
    ) throws {
        try enumerate(disk) { .call($0, point) }
    }

    private func enumerate(_ disk: Disk, _ death: (Int) -> Death) throws {
        var (stuck, hopeless): ([Int], [Int]) = ([], [])
        var deaths = 0
        while true {
            let outcome = try form(death(deaths), disk)
            guard outcome.didDie else { break }
            #expect(outcome.clusters.count <= 1, "\(disk), \(deaths): \(outcome.clusters)")
            if !outcome.isServing { stuck.append(deaths) }
            if outcome.isHopeless { hopeless.append(deaths) }
            deaths += 1
        }
        #expect(deaths > 8, "the creator died at \(deaths) points only")
        // Without its disk the creator is another node, which the others admit if one of them got the
        // first entry; if none did but one knows the cluster's id, no cluster can be formed here.
        #expect(stuck == (disk == .lost ? hopeless : []), "\(disk), of \(deaths)")
    }

    private func form(_ death: Death, _ disk: Disk) throws(Violation) -> Outcome {
        var configuration = SimulationConfiguration(seed: 1)
        configuration.startsHosts = false
        configuration.faults.slowSyncs = 0
        configuration.diesByPowerLoss = disk == .keptButForUnsynced
        // A cluster of which nobody knows but a disk that is lost does not count.
        configuration.checksInvariants = disk != .lost
        configuration.adjust = { node in
            node.joinInterval = .milliseconds(100)
            node.replacementSilence = .milliseconds(500)
        }
        let simulation = try Simulation<Register>(configuration)
        if case .call(let calls, let point) = death {
            simulation.disk(of: Self.creator).crash(afterCalls: calls, point)
        }
        for host in 0..<3 { try simulation.start(host) }
        if case .packet(let packets) = death {
            simulation.crash(Self.creator, afterPackets: packets)
        }
        var outcome = Outcome()
        try simulation.run(for: .seconds(5)) {
            !simulation.isUp(Self.creator) || isFormed(simulation)
        }
        outcome.didDie = !simulation.isUp(Self.creator)
        guard outcome.didDie else { return outcome }
        try simulation.run(for: .milliseconds(100))
        outcome.isHopeless =
            (1..<3).contains { simulation.cluster(of: $0) != nil }
            && (1..<3).allSatisfy { simulation.last(of: $0).index == .zero }
        if disk == .lost { simulation.replaceDisk(of: Self.creator) }
        try simulation.start(Self.creator)
        outcome.isServing = try isServing(simulation)
        outcome.clusters = Set((0..<3).compactMap { simulation.cluster(of: $0) })
        return outcome
    }

    private func isFormed(_ simulation: Simulation<Register>) -> Bool {
        (0..<3).allSatisfy { simulation.last(of: $0).index > .zero }
    }

    private func isServing(_ simulation: Simulation<Register>) throws(Violation) -> Bool {
        guard try simulation.run(for: .seconds(3), until: { simulation.isConverged }) else {
            return false
        }
        var isAnswered = false
        simulation.onReply = { _, reply in if case .output = reply { isAnswered = true } }
        _ = try simulation.request(Register.Append(value: "x").lineBytes, key: "x", at: 1)
        return try simulation.run(for: .seconds(3)) { isAnswered }
    }
}
