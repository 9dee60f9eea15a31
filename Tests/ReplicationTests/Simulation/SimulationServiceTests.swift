import Replication
import Storage
import TestSupport
import Testing

/// What a client is told when the cluster cannot serve it, and what a read may show.
@Suite struct SimulationServiceTests {
    private func values(_ reply: Reply) -> [String]? {
        guard case .answer(_, let answer) = reply else { return nil }
        return try? [String](lineBytes: answer)
    }

    @Test @Aside func `pitfall 29: a read on any follower shows what was acknowledged anywhere`()
        throws
    {
        let cluster = try ScriptedCluster(nodes: 5)
        for round in 0..<5 {
            _ = try cluster.appended("\(round)", at: round)
            for host in cluster.followers {
                #expect(try values(cluster.read(at: host)) == (0...round).map(String.init))
            }
        }
    }

    @Test @Aside func `pitfall 29: a leader that was cut off answers no read but a stale one`()
        throws
    {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(2) }
        let old = cluster.leader
        _ = try cluster.appended("a", at: old)
        cluster.isolate(old)
        let early = try cluster.simulation.query(Register.Read().lineBytes, at: old)
        try cluster.change(from: old)
        _ = try cluster.appended("b", at: cluster.leader)
        #expect(try cluster.read(at: old) == .failed(.noLeader, key: nil))
        #expect(try cluster.answer(to: early) == .failed(.noLeader, key: nil))
        #expect(try values(cluster.read(.stale, at: old)) == ["a"])
    }

    @Test @Aside func `pitfall 29: a leader that was paused answers reads as they are now`() throws
    {
        let cluster = try ScriptedCluster()
        let old = cluster.leader
        _ = try cluster.appended("a", at: old)
        cluster.simulation.pause(old, for: .seconds(2))
        let early = try cluster.simulation.query(Register.Read().lineBytes, at: old)
        try cluster.change(from: old)
        _ = try cluster.appended("b", at: cluster.followers.first { $0 != old } ?? 0)
        #expect(try values(cluster.answer(to: early)) == ["a", "b"])
    }

    @Test @Aside func `a request that nobody took was not carried out, and says so`() throws {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(2) }
        let host = cluster.followers[0]
        for other in 0..<3 where other != host {
            try cluster.simulation.crash(other, powerLoss: false)
        }
        try cluster.wait(.seconds(1))
        #expect(try cluster.appended("a", at: host) == .failed(.noLeader, key: "a"))
    }

    @Test @Aside func `pitfall 45: a request that somebody may have taken has an unknown outcome`()
        throws
    {
        let cluster = try ScriptedCluster { $0.requestTimeout = .seconds(2) }
        let old = cluster.leader
        cluster.isolate(old)
        #expect(try cluster.appended("a", at: old) == .failed(.outcomeUnknown, key: "a"))
        cluster.rejoin()
        try cluster.reach("one log") { $0.isConverged }
        #expect(cluster.values == [])
    }

    @Test @Aside func `beyond the limit requests and reads are refused as overloaded`() throws {
        let cluster = try ScriptedCluster { node in
            node.maximumPending = 2
            node.requestTimeout = .seconds(2)
        }
        let old = cluster.leader
        cluster.isolate(old)
        let taken = try ["a", "b"].map { try cluster.append($0, at: old) }
        #expect(try cluster.appended("c", at: old) == .failed(.overloaded, key: "c"))
        let reads = try (0..<2).map { _ in
            try cluster.simulation.query(Register.Read().lineBytes, at: old)
        }
        #expect(try cluster.read(at: old) == .failed(.overloaded, key: nil))
        for ticket in taken + reads { _ = try cluster.answer(to: ticket) }
    }

    @Test @Aside func `what waits behind a slow request of its lane counts too`() throws {
        let cluster = try ScriptedCluster { $0.maximumPending = 3 }
        let host = cluster.leader
        let tickets = try ["slow", "b", "c"].map { try cluster.append($0, lane: 1, at: host) }
        #expect(
            try cluster.answer(to: cluster.append("d", lane: 1, at: host))
                == .failed(.overloaded, key: "d")
        )
        for ticket in tickets { _ = try cluster.answer(to: ticket) }
        #expect(cluster.values == ["slow", "b", "c"])
    }
}
