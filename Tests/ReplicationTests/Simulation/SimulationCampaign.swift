import FoundationEssentials
import Replication
import TestSupport
import Testing

/// Many seeds under all kinds of fault, for as long as it is told; `Tests/Campaigns/simulate.sh`
/// runs it.
@Suite struct SimulationCampaign {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
    private static let seeds = number("SIMULATION_SEEDS")
    private static let seconds = number("SIMULATION_SECONDS")

    @Test(.enabled(if: seeds != nil || seconds != nil))
    func `no seed breaks a promise`() {
        let start = ContinuousClock.now
        let first = Self.number("SIMULATION_FIRST") ?? 1
        let last = Self.seeds.map { first + $0 - 1 } ?? .max - 1
        let end = Self.seconds.map { start + .seconds(Int64(clamping: $0)) }
        let tally = SeedTally.run(first...last, while: { end.map { .now < $0 } ?? true })
        for (name, count) in tally.table { print("\(name) | \(count)") }
        print("void seeds | \(tally.void.sorted().map(String.init).joined(separator: " "))")
        print("seconds | \((ContinuousClock.now - start).components.seconds)")
        #expect(tally.broken == [])
        #expect(tally.unlike == [])
        #expect(tally.void.count * 50 <= tally.seeds)
        // A fault that never came shows nothing.
        if tally.broken.isEmpty, tally.seeds >= 100 {
            for (kind, count) in tally.counts.table { #expect(count > 0, "\(kind.rawValue)") }
        }
    }
}
