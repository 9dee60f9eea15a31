import Replication
import Storage
import TestSupport
import Testing

/// The leader's estimate of the time, whoever was heard.
@Suite struct ClusterClockTests {
    private static let good: Int64 = 1_763_697_600_000
    private static let month: Int64 = 30 * 86_400_000

    private static func names(_ count: Int) -> [NodeIdentity] {
        (1...count).map { NodeIdentity(id: "n\($0)", incarnation: "0") }
    }

    /// The estimate of `own`, who has heard `heard`, with these clocks off by that much.
    private static func estimate(
        _ count: Int,
        own: Int,
        heard: Set<Int>,
        wrong: [Int: Int64]
    ) -> Int64? {
        let names = names(count)
        let membership = Membership(
            incoming: names.map { Member(identity: $0, peerAddress: "", clientAddress: "") }
        )
        func wall(_ node: Int) -> Timestamp { Timestamp(milliseconds: good + (wrong[node] ?? 0)) }
        let now = Moment(instant: Instant(nanoseconds: 5), wall: wall(own))
        var clock = ClusterClock(patience: .seconds(1))
        for node in heard where node != own { clock.note(wall(node), of: names[node], at: now) }
        return clock.median(of: membership, own: names[own], at: now)?.milliseconds
    }

    @Test(arguments: 1...6)
    @Aside func `no minority of wrong clocks puts the time ahead, whoever was heard`(count: Int) {
        for wrong in 0..<(1 << count) where wrong.nonzeroBitCount <= (count - 1) / 2 {
            for heard in 0..<(1 << count) {
                let set = Set((0..<count).filter { heard >> $0 & 1 == 1 })
                for sign in [Self.month, -Self.month] {
                    let off = (0..<count).filter { wrong >> $0 & 1 == 1 }.map { ($0, sign) }
                    let time = Self.estimate(
                        count,
                        own: 0,
                        heard: set,
                        wrong: Dictionary(uniqueKeysWithValues: off)
                    )
                    if let time { #expect(time <= Self.good) }
                    // With all of them it is right.
                    if set.union([0]).count == count { #expect(time == Self.good) }
                }
            }
        }
    }

    @Test @Aside func `as many as elect a leader are enough for an estimate, and fewer are not`() {
        for count in 2...7 {
            let majority = count / 2 + 1
            #expect(Self.estimate(count, own: 0, heard: Set(0..<majority), wrong: [:]) != nil)
            #expect(Self.estimate(count, own: 0, heard: Set(0..<majority - 1), wrong: [:]) == nil)
        }
        #expect(Self.estimate(1, own: 0, heard: [], wrong: [:]) == Self.good)
    }

    @Test @Aside
    func `a clock that was wrong when it was last heard does not count with a later one`() {
        let names = Self.names(3)
        let membership = Membership(
            incoming: names.map { Member(identity: $0, peerAddress: "", clientAddress: "") }
        )
        let ahead = Timestamp(milliseconds: Self.good + Self.month)
        var now = Moment(
            instant: Instant(nanoseconds: 5),
            wall: Timestamp(milliseconds: Self.good)
        )
        var clock = ClusterClock(patience: .seconds(1))
        clock.note(ahead, of: names[1], at: now)
        #expect(clock.median(of: membership, own: names[0], at: now)?.milliseconds == Self.good)
        // The one is put right where nobody hears it, and then the other goes wrong.
        now.instant = now.instant + .milliseconds(1_001)
        clock.note(ahead, of: names[2], at: now)
        #expect(clock.median(of: membership, own: names[0], at: now)?.milliseconds == Self.good)
    }

    @Test @Aside func `who is no voter, or belongs to the cluster no more, does not count`() {
        let names = Self.names(4)
        var members = names.prefix(3).map {
            Member(identity: $0, peerAddress: "", clientAddress: "")
        }
        members[2].role = .learner
        let now = Moment(
            instant: Instant(nanoseconds: 5),
            wall: Timestamp(milliseconds: Self.good)
        )
        var clock = ClusterClock(patience: .seconds(1))
        clock.note(Timestamp(milliseconds: Self.good + 7), of: names[1], at: now)
        let membership = Membership(incoming: members)
        let before = clock.median(of: membership, own: names[0], at: now)
        for name in names[2...] {
            clock.note(Timestamp(milliseconds: Self.good - Self.month), of: name, at: now)
        }
        #expect(clock.median(of: membership, own: names[0], at: now) == before)
        #expect(before?.milliseconds == Self.good)
    }
}
