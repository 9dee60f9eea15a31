import Replication
import Storage
import TestSupport
import Testing

/// How new an answer is, and what it costs.
@Suite struct ConsistencyTests {
    @Test(arguments: [
        ("linearizable", Consistency.linearizable), ("stale", .stale),
        ("at-least:0", .atLeast(.zero)), ("at-least:42", .atLeast(LogIndex(42))),
        ("bounded:0", .bounded(.zero)), ("bounded:1500", .bounded(.milliseconds(1_500))),
    ])
    @Aside func `a consistency is read as it is written`(text: String, consistency: Consistency) {
        #expect(Consistency(text) == consistency && consistency.description == text)
    }

    @Test(arguments: [
        "", "some", "at-least", "at-least:", "at-least:-1", "at-least:+1", "at-least:1:2",
        "at-least:99999999999999999999", "bounded:86400001", "bounded:1s", "stale:1",
        "at-least:9007199254740993",
    ])
    @Aside func `anything else is no consistency`(text: String) {
        #expect(Consistency(text) == nil)
    }

    private func values(_ reply: Reply) throws -> [String] {
        guard case .answer(_, let answer) = reply else {
            Issue.record("\(reply)")
            return []
        }
        return try [String](lineBytes: answer)
    }

    private func index(_ reply: Reply) throws -> LogIndex {
        guard case .output(let index, _, _, _) = reply else {
            Issue.record("\(reply)")
            return .zero
        }
        return index
    }

    @Test @Aside func `a node that has applied the entry answers without asking anybody`() throws {
        let cluster = try ScriptedCluster()
        let index = try index(cluster.appended("a", at: cluster.leader))
        let node = cluster.followers[0]
        #expect(try values(cluster.read(.atLeast(index), at: node)) == ["a"])
        cluster.isolate(node)
        try cluster.wait(.seconds(1))
        #expect(try values(cluster.read(.atLeast(index), at: node)) == ["a"])
    }

    @Test @Aside func `a node that is behind waits for the entry, and then answers`() throws {
        let cluster = try ScriptedCluster()
        let node = cluster.followers[0]
        cluster.isolate(node)
        let index = try index(cluster.appended("a", at: cluster.leader))
        let ticket = try cluster.simulation.query(
            Register.Read().lineBytes,
            .atLeast(index),
            at: node
        )
        try cluster.wait(.milliseconds(500))
        #expect(cluster.replies[ticket] == nil)
        cluster.rejoin()
        #expect(try values(cluster.answer(to: ticket)) == ["a"])
    }

    @Test @Aside func `an entry that does not come in time is refused as behind`() throws {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(1) }
        let later = LogIndex(1 << 40)
        for host in 0..<3 {
            #expect(try cluster.read(.atLeast(later), at: host) == .failed(.behind, key: nil))
        }
    }

    @Test @Aside func `a read within the bound of the last question asks nobody`() throws {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(1) }
        let node = cluster.followers[0]
        _ = try cluster.appended("a", at: cluster.leader)
        #expect(try values(cluster.read(at: node)) == ["a"])
        cluster.isolate(node)
        _ = try cluster.appended("b", at: cluster.leader)
        #expect(try values(cluster.read(.bounded(.seconds(1)), at: node)) == ["a"])
        try cluster.wait(.seconds(1))
        // Now the last question is older than that, and nobody answers another.
        let late = try cluster.read(.bounded(.seconds(1)), at: node)
        #expect(late == .failed(.noLeader, key: nil))
        cluster.rejoin()
        #expect(try values(cluster.read(.bounded(.seconds(1)), at: node)) == ["a", "b"])
    }

    @Test @Aside func `a bound of nothing is a linearizable read`() throws {
        let cluster = try ScriptedCluster()
        for round in 0..<5 {
            _ = try cluster.appended("\(round)", at: cluster.leader)
            for host in cluster.followers {
                let seen = try values(cluster.read(.bounded(.zero), at: host))
                #expect(seen == (0...round).map(String.init))
            }
        }
    }

    @Test @Aside func `a bound counts from the question, not from its answer`() {
        func instant(_ second: Int64) -> Instant { Instant(nanoseconds: second * 1_000_000_000) }
        var reads = ReadWaiters(after: 0)
        reads.gather(.query(Ticket(1)), deadline: instant(9))
        let question = reads.begin(at: instant(10))
        reads.answered(question, LogIndex(5))
        // Its index must be applied first.
        _ = reads.ready(applied: LogIndex(4))
        #expect(!reads.isFresh(within: .seconds(100), at: instant(13)))
        _ = reads.ready(applied: LogIndex(5))
        #expect(reads.isFresh(within: .seconds(3), at: instant(13)))
        #expect(!reads.isFresh(within: .seconds(2), at: instant(13)))
        reads.forgetFreshness()
        #expect(!reads.isFresh(within: .seconds(3), at: instant(13)))
    }

    @Test @Aside
    func `pitfall 27: a follower's read waits until the leader has committed in its term`()
        throws
    {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(8) }
        let old = cluster.leader
        _ = try cluster.appended("a", at: old)
        // Written and acknowledged just before the end of its leader.
        _ = try cluster.appended("b", at: old)
        // Who leads next holds it, and does not know that it is committed.
        let behind = cluster.followers.filter {
            cluster.simulation.applied(of: $0) < cluster.simulation.last(of: $0).index
        }
        #expect(!behind.isEmpty)
        try cluster.simulation.crash(old, powerLoss: true)
        let tickets = try cluster.followers.filter { $0 != old }.map {
            try cluster.simulation.query(Register.Read().lineBytes, at: $0)
        }
        for ticket in tickets { #expect(try values(cluster.answer(to: ticket)) == ["a", "b"]) }
    }

    @Test @Aside func `pitfall 28: an answer to an earlier question confirms no later read`() {
        var reads = ReadWaiters(after: 0)
        let now = Instant(nanoseconds: 0)
        reads.gather(.query(Ticket(1)), deadline: now + .seconds(5))
        let first = reads.begin(at: now)
        reads.askAgain()
        reads.gather(.query(Ticket(2)), deadline: now + .seconds(5))
        let second = reads.begin(at: now + .seconds(1))
        reads.answered(first, LogIndex(3))
        #expect(reads.ready(applied: LogIndex(9)).isEmpty)
        #expect(!reads.isFresh(within: .seconds(9), at: now + .seconds(1)))
        reads.answered(second, LogIndex(4))
        #expect(reads.ready(applied: LogIndex(3)).isEmpty)
        #expect(reads.ready(applied: LogIndex(4)) == [.query(Ticket(1)), .query(Ticket(2))])
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    @Aside func `pitfall 29: a follower answers no read before it has applied the index`(
        seed: UInt64
    ) throws {
        let cluster = try ScriptedCluster(seed: seed)
        let node = cluster.followers[0]
        cluster.isolate(node)
        // Soon enough for the node to know its leader still: it asks before it has caught up.
        _ = try cluster.appended("a", at: cluster.leader)
        cluster.rejoin()
        let consistency: Consistency = seed % 2 == 0 ? .linearizable : .bounded(.zero)
        #expect(try values(cluster.read(consistency, at: node)) == ["a"])
    }
}
