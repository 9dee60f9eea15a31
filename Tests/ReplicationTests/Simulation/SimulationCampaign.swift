import FoundationEssentials
import Replication
import TestSupport
import Testing

/// Many seeds under all faults, for as long as it is told; `Tests/Campaigns/simulate.sh` runs it.
@Suite struct SimulationCampaign {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
    private static let seeds = number("SIMULATION_SEEDS")
    private static let seconds = number("SIMULATION_SECONDS")

    @Test(.enabled(if: seeds != nil || seconds != nil))
    func `no seed breaks a promise`() throws {
        let start = ContinuousClock.now
        let first = Self.number("SIMULATION_FIRST") ?? 1
        let limit = Self.seconds.map { Duration.seconds(Int64(clamping: $0)) }
        var (seed, broken) = (first, [Violation]())
        var (counts, answered, retries) = (FaultCounts(), 0, 0)
        while seed - first < Self.seeds ?? .max,
            limit.map({ ContinuousClock.now - start < $0 }) ?? true
        {
            // Every other seed compacts all the time, and the disks of half of those rot.
            let snapshots = seed % 2 == 0
            var configuration =
                snapshots ? .snapshotting(seed: seed) : SimulationConfiguration(seed: seed)
            configuration.nodes = [3, 5, 4][Int(seed % 3)]
            configuration.faults = .all
            if snapshots {
                configuration.faults.crashEvery = .milliseconds(seed % 8 < 4 ? 400 : 1_500)
                configuration.faults.rot = seed % 4 == 2 ? 500 : 0
            }
            do throws(Violation) {
                let run = try SimulatedRun(configuration)
                counts += run.counts
                answered += run.answered
                retries += run.retries
            } catch {
                print("BROKEN | \(error)")
                broken.append(error)
            }
            seed += 1
        }
        let table: [(String, Int)] = [
            ("seeds", Int(seed - first)), ("answers", answered), ("retries", retries),
            ("elections", counts.elections), ("messages lost", counts.lost),
            ("messages doubled", counts.doubled), ("messages delayed", counts.delayed),
            ("answers lost", counts.lostReplies), ("processes killed", counts.processCrashes),
            ("power cuts of one node", counts.powerLosses),
            ("power cuts of all nodes", counts.blackouts), ("batches torn", counts.tornBatches),
            ("partitions", counts.partitions), ("of them one way", counts.oneWayCuts),
            ("pauses", counts.pauses), ("snapshots written", counts.snapshots),
            ("crashes within a snapshot", counts.tornSnapshots),
            ("logs compacted", counts.compactions), ("starts from a snapshot", counts.restores),
            ("snapshots of leaders installed", counts.installs),
            ("bits flipped at rest", counts.flippedBits),
            ("snapshots lost", counts.lostSnapshots), ("disks healed", counts.healed),
            ("promises broken", broken.count),
        ]
        for (name, count) in table { print("\(name) | \(count)") }
        #expect(broken == [])
        // A fault that never came shows nothing.
        if broken.isEmpty, seed - first >= 20 {
            for (name, count) in table.dropLast() { #expect(count > 0, "\(name)") }
        }
    }
}
