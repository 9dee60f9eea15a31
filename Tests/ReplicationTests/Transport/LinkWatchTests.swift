import Storage
import TestSupport
import Testing

@testable import Replication

@Suite struct LinkWatchTests {
    /// A watch, its clock, and a connection of which a test says what is acknowledged.
    private struct Bench {
        var watch = LinkWatch(
            first: .milliseconds(1_000),
            longest: .seconds(4),
            at: Instant(nanoseconds: 0)
        )
        var now = Instant(nanoseconds: 0)
        var acknowledged = 0

        /// Checks whenever a check is due, until a stall or the end of `duration`.
        ///
        /// - Returns: How long it took to find a stall, or nil.
        mutating func stall(
            within duration: Duration,
            _ acknowledge: (Duration) -> Int = { _ in 0 }
        ) -> Duration? {
            let begin = now
            while let next = watch.nextCheck, next <= begin + duration {
                now = next
                acknowledged += acknowledge(now - begin)
                if watch.check(acknowledged: acknowledged, isWaiting: true, at: now) {
                    return now - begin
                }
            }
            now = begin + duration
            return nil
        }

        mutating func redial() {
            acknowledged = 0
            watch.begin(at: now)
            watch.sent(at: now)
        }
    }

    @Test func `what is not acknowledged for the patience is a stall`() {
        var bench = Bench()
        bench.watch.sent(at: bench.now)
        #expect(bench.stall(within: .seconds(60)) == .seconds(1))
        #expect(bench.watch.nextCheck == nil)
    }

    @Test func `a connection that was idle for long has its whole patience`() {
        var bench = Bench()
        bench.now = Instant(nanoseconds: 3_600_000_000_000)
        bench.watch.sent(at: bench.now)
        #expect(bench.stall(within: .seconds(60)) == .seconds(1))
    }

    @Test func `a slow connection that moves is none`() {
        var bench = Bench()
        bench.watch.sent(at: bench.now)
        #expect(
            bench.stall(within: .seconds(600)) { $0.milliseconds % 750 == 0 ? 1 : 0 } == nil
        )
    }

    @Test func `nothing is checked while nothing waits`() {
        var bench = Bench()
        #expect(bench.watch.nextCheck == nil)
        bench.watch.sent(at: bench.now)
        #expect(bench.watch.check(acknowledged: 9, isWaiting: false, at: bench.now) == false)
        #expect(bench.watch.nextCheck == nil)
    }

    @Test func `the patience doubles with each stall, up to a bound, and comes back`() {
        var bench = Bench()
        var found: [Duration?] = []
        for _ in 0..<4 {
            bench.redial()
            found.append(bench.stall(within: .seconds(60)))
        }
        #expect(found == [.seconds(1), .seconds(2), .seconds(4), .seconds(4)])
        bench.redial()
        #expect(bench.stall(within: .seconds(10)) { _ in 1 } == nil)
        #expect(bench.stall(within: .seconds(60)) != nil)
        bench.redial()
        #expect(bench.stall(within: .seconds(60)) == .seconds(2))
    }
}
