import Replication
import Storage
import TestSupport
#if canImport(Glibc)
import Glibc
#endif

let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let first = arguments.first ?? 1
let count = arguments.dropFirst().first ?? 100
if CommandLine.arguments.contains("log") {
    do throws(Violation) {
        let run = try SimulationRun(.drawn(from: first), RegisterCalls()) { now, host, level, text in
            print(Double(now.nanoseconds) / 1e9, "n\(host + 1)", level, text)
        }
        print(run)
    } catch { print("BROKEN", error) }
    exit(0)
}
if CommandLine.arguments.contains("faults") {
    let c = SimulationConfiguration.drawn(from: first)
    print(c.nodes, c.faults)
    exit(0)
}
let start = ContinuousClock.now
let tally = SeedTally.run(first...(first + count - 1))
for (name, count) in tally.table { print("\(name) | \(count)") }
print("void \(tally.void.sorted())")
print("unlike \(tally.unlike)")
for broken in tally.broken { print("BROKEN", broken) }
print("time", ContinuousClock.now - start)
