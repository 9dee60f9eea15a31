import Replication
import Storage
import TestSupport
import Testing

/// Retries under one key: the same answer, and one effect.
@Suite struct SimulationRetryTests {
    private func place(_ reply: Reply) -> UInt64? {
        guard case .output(_, let output, _, _) = reply else { return nil }
        return try? UInt64(lineBytes: output)
    }

    private func isRepeated(_ reply: Reply) -> Bool {
        if case .output(_, _, _, let isRepeated) = reply { isRepeated } else { false }
    }

    @Test @Aside func `pitfall 44: a retry on the same leader takes effect once`() throws {
        let cluster = try ScriptedCluster()
        let first = try cluster.appended("a", at: cluster.leader)
        let second = try cluster.appended("a", at: cluster.leader)
        #expect(place(first) == 1)
        #expect(place(second) == 1)
        #expect(!isRepeated(first) && isRepeated(second))
        #expect(cluster.values == ["a"])
    }

    @Test @Aside func `pitfall 44: a retry on a new leader takes effect once`() throws {
        let cluster = try ScriptedCluster()
        let old = cluster.leader
        _ = try cluster.appended("a", at: old)
        try cluster.simulation.crash(old, powerLoss: true)
        try cluster.change(from: old)
        for host in cluster.followers where host != old {
            let reply = try cluster.appended("a", at: host)
            #expect(place(reply) == 1 && isRepeated(reply))
        }
        #expect(cluster.values == ["a"])
    }

    @Test @Aside func `a retry while the first try is in flight takes effect once`() throws {
        let cluster = try ScriptedCluster()
        let tickets = try [cluster.leader, cluster.leader, cluster.followers[0]].map {
            try cluster.append("a", at: $0)
        }
        let replies = try tickets.map { try cluster.answer(to: $0) }
        #expect(replies.map { place($0) } == [1, 1, 1])
        #expect(cluster.values == ["a"])
    }

    @Test
    func
        `a retry on a new leader while the first try is in flight on the old one takes effect once`()
        throws
    {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(30) }
        let old = cluster.leader
        cluster.isolate(old)
        let first = try cluster.append("a", at: old)
        try cluster.change(from: old)
        let second = try cluster.appended("a", at: cluster.leader)
        _ = try cluster.appended("b", at: cluster.leader)
        cluster.rejoin()
        #expect(place(second) == 1)
        #expect(place(try cluster.answer(to: first)) == 1)
        #expect(cluster.values == ["a", "b"])
    }

    @Test @Aside
    func `pitfall 44: a key with another request is refused, in flight and afterwards`()
        throws
    {
        let cluster = try ScriptedCluster()
        let host = cluster.leader
        let first = try cluster.append("a", key: "k", at: host)
        let inFlight = try cluster.append("b", key: "k", at: host)
        let forwarded = try cluster.append("c", key: "k", at: cluster.followers[0])
        #expect(place(try cluster.answer(to: first)) == 1)
        #expect(try cluster.answer(to: inFlight) == .failed(.keyReused, key: "k"))
        #expect(try cluster.answer(to: forwarded) == .failed(.keyReused, key: "k"))
        #expect(try cluster.appended("d", key: "k", at: host) == .failed(.keyReused, key: "k"))
        #expect(cluster.values == ["a"])
    }

    @Test @Aside func `pitfall 44: a key older than the table remembers is not carried out again`()
        throws
    {
        let cluster = try ScriptedCluster { $0.limits.keys.count = 3 }
        let host = cluster.followers[0]
        let since = cluster.simulation.applied(of: host)
        for value in ["a", "b", "c", "d"] {
            #expect(place(try cluster.appended(value, since: since, at: host)) != nil)
        }
        let late = try cluster.appended("a", since: since, at: host)
        #expect(late == .failed(.keyExpired, key: "a"))
        #expect(isRepeated(try cluster.appended("d", since: since, at: host)))
        let now = cluster.simulation.applied(of: host)
        #expect(place(try cluster.appended("e", since: now, at: host)) == 5)
        #expect(cluster.values == ["a", "b", "c", "d", "e"])
    }

    @Test(arguments: [false, true], [false, true])
    @Aside func `requests of one lane take effect in the order sent`(
        atLeader: Bool,
        changesLeader: Bool
    ) throws {
        let cluster = try ScriptedCluster(nodes: 5) { $0.requestTimeout = .seconds(30) }
        let old = cluster.leader
        let host = atLeader && !changesLeader ? old : cluster.followers[0]
        var sent: [String] = []
        var tickets: [Ticket] = []
        func send(_ count: Int) throws(Violation) {
            for _ in 0..<count {
                let value = sent.count % 3 == 0 ? "slow-\(sent.count)" : "\(sent.count)"
                sent.append(value)
                tickets.append(try cluster.append(value, lane: 7, at: host))
            }
        }
        try send(5)
        try cluster.wait(.microseconds(1_500))
        if changesLeader {
            cluster.isolate(old)
            try send(5)
            try cluster.change(from: old)
            try send(5)
            cluster.rejoin()
        }
        try send(5)
        for ticket in tickets { #expect(place(try cluster.answer(to: ticket)) != nil) }
        #expect(cluster.values == sent)
    }

    @Test @Aside func `an answer to a request before a crash answers none after it`() throws {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(30) }
        let (leader, host, other) = (cluster.leader, cluster.followers[0], cluster.followers[1])
        try cluster.simulation.crash(other, powerLoss: false)
        let last = cluster.simulation.last(of: leader).index
        _ = try cluster.append("before", at: host)
        try cluster.reach("the leader's log") { $0.last(of: leader).index > last }
        try cluster.simulation.crash(host, powerLoss: false)
        try cluster.simulation.start(host)
        let after = try cluster.append("after", at: host)
        #expect(place(try cluster.answer(to: after)) == 2)
        #expect(cluster.values == ["before", "after"])
    }
}
