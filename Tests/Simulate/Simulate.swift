import Replication
import Storage
import TestSupport

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Simulates whole clusters, seed after seed on two threads, and prints how often each fault came;
/// or one seed, with all that its nodes log; or traces, to be compared with those of another process.
@main
enum Simulate {
    private static let usage = """
        usage: simulate seeds COUNT [FIRST]
               simulate seconds COUNT [FIRST]
               simulate seed NUMBER
               simulate traces COUNT FIRST
        """

    static func main() {
        var arguments = CommandLine.arguments.dropFirst()
        #if PLANTED_BUGS
        // simulate BUG seeds COUNT
        if let name = arguments.first, let bug = PlantedBug(rawValue: name) {
            unsafe PlantedBug.active = bug
            arguments = arguments.dropFirst()
        }
        #endif
        let numbers = arguments.dropFirst().compactMap { UInt64($0) }
        guard let count = numbers.first, numbers.count == arguments.count - 1 else { fail(usage) }
        let first = numbers.dropFirst().first ?? .random(in: 1...999_999_999)
        switch arguments.first {
        case "seeds": campaign(first...(first + max(1, count) - 1))
        case "seconds": campaign(first...(.max - 1), for: .seconds(Int64(clamping: count)))
        case "seed": replay(count)
        case "traces": traces(first...(first + max(1, count) - 1))
        default: fail(usage)
        }
    }

    private static func campaign(_ seeds: ClosedRange<UInt64>, for limit: Duration? = nil) {
        print("first seed | \(seeds.lowerBound)")
        let start = ContinuousClock.now
        let tally = SeedTally.run(
            seeds,
            while: { limit.map { start.duration(to: .now) < $0 } ?? true }
        )
        for (name, count) in tally.table { print("\(name) | \(count)") }
        print("void seeds | \(tally.void.sorted().map { "\($0)" }.joined(separator: " "))")
        print("seconds | \(start.duration(to: .now).components.seconds)")
        guard tally.broken.isEmpty, tally.unlike.isEmpty else { fail("PROMISES WERE BROKEN") }
        guard tally.void.count * 50 <= tally.seeds else { fail("too many seeds are void") }
        // A fault that never came shows nothing.
        let missing = tally.counts.table.filter { $0.count == 0 }.map(\.kind.rawValue)
        guard tally.seeds < 200 || missing.isEmpty else { fail("never came: \(missing)") }
    }

    private static func replay(_ seed: UInt64) {
        let configuration = SimulationConfiguration.drawn(from: seed)
        print("\(configuration.nodes) nodes, \(configuration.faults)")
        do throws(Violation) {
            let run = try SimulationRun(ofSeed: configuration) { now, host, level, text in
                print("\(Double(now.nanoseconds) / 1e9) n\(host + 1) \(level) \(text)")
            }
            for (name, count) in SeedTally(of: run, seed: seed).table {
                print("\(name) | \(count)")
            }
        } catch { fail("\(error)") }
    }

    /// Prints what stands for all that happened in each seed: the same in another process.
    private static func traces(_ seeds: ClosedRange<UInt64>) {
        for seed in seeds {
            do throws(Violation) {
                let run = try SimulationRun(ofSeed: SimulationConfiguration.drawn(from: seed))
                print("\(seed) \(run.trace.value)")
            } catch { fail("\(error)") }
        }
    }

    private static func fail(_ text: String) -> Never {
        print("simulate: \(text)")
        exit(1)
    }
}
