import Replication
import Storage
import TestSupport
import Testing

@Suite struct SimulationStreamTests {
    /// The end of what a host has applied, as clients see it.
    private func end(_ cluster: ScriptedCluster, _ host: Int) -> EventID {
        let epoch = EventEpoch(cluster: cluster.simulation.cluster(of: host) ?? "")
        return epoch.shown(.end(of: cluster.simulation.applied(of: host)))
    }

    private func events(_ items: [StreamItem]?) -> [(id: EventID, value: String)] {
        (items ?? []).compactMap { item in
            guard case .event(let id, let event) = item else { return nil }
            return (id, (try? String(lineBytes: event.data)) ?? "")
        }
    }

    @Test @Aside func `a stream goes on at another node, with no gap and no duplicate`() throws {
        let cluster = try ScriptedCluster()
        let values = (0..<12).map { "v\($0)" }
        for host in cluster.followers {
            let stream = try cluster.simulation.openStream(at: host)
            try cluster.reach("a mark") { _ in cluster.items[stream] != nil }
        }
        let first = cluster.followers[0]
        let stream = try cluster.simulation.openStream(at: first)
        for value in values[..<5] { _ = try cluster.appended(value, at: cluster.leader) }
        try cluster.reach("some events") { _ in events(cluster.items[stream]).count >= 3 }
        try cluster.simulation.crash(first, powerLoss: true)
        for value in values[5..<9] { _ = try cluster.appended(value, at: cluster.leader) }
        let seen = events(cluster.items[stream])
        let second = try cluster.simulation.openStream(
            after: try #require(seen.last).id,
            at: (0..<3).first { $0 != first && $0 != cluster.leader } ?? 0
        )
        for value in values[9...] { _ = try cluster.appended(value, at: cluster.leader) }
        try cluster.wait(.milliseconds(200))
        let rest = events(cluster.items[second])
        #expect((seen + rest).map(\.value) == values)
        #expect(
            cluster.items[second]?.contains { if case .reset = $0 { true } else { false } } == false
        )
    }

    @Test @Aside func `a node that is behind the id waits until it has applied it`() throws {
        let cluster = try ScriptedCluster()
        let behind = cluster.followers[0]
        cluster.isolate(behind)
        for value in ["a", "b", "c"] { _ = try cluster.appended(value, at: cluster.leader) }
        let id = end(cluster, cluster.leader).predecessor
        let stream = try cluster.simulation.openStream(after: id, at: behind)
        try cluster.wait(.milliseconds(100))
        #expect(cluster.items[stream] == nil)
        cluster.rejoin()
        _ = try cluster.appended("d", at: cluster.leader)
        try cluster.wait(.seconds(2))
        #expect(events(cluster.items[stream]).map(\.value) == ["d"])
    }

    @Test @Aside func `an id below the window is told to begin anew`() throws {
        let cluster = try ScriptedCluster { $0.limits.events = 3 }
        let host = cluster.followers[0]
        let start = end(cluster, host)
        for value in ["a", "b", "c", "d", "e"] { _ = try cluster.appended(value, at: host) }
        try cluster.reach("one state") { $0.isConverged }
        let now = end(cluster, host)
        let old = try cluster.simulation.openStream(after: start, at: host)
        let known = try cluster.simulation.openStream(
            after: EventID.end(of: LogIndex(start.index.value + 2)).with(epoch: start.epoch),
            at: host
        )
        #expect(cluster.items[old] == [.reset(now)])
        #expect(events(cluster.items[known]).map(\.value) == ["c", "d", "e"])
    }

    @Test @Aside func `a long backlog is written without waiting for the next heartbeat`() throws {
        let cluster = try ScriptedCluster { $0.consensus.heartbeatInterval = .milliseconds(250) }
        let host = cluster.followers[0]
        let start = end(cluster, host)
        let tickets = try (0..<1_500).map { try cluster.append("\($0)", lane: 1, at: host) }
        for ticket in tickets { _ = try cluster.answer(to: ticket) }
        try cluster.wait(.milliseconds(200))
        let stream = try cluster.simulation.openStream(after: start, at: host)
        try cluster.wait(.milliseconds(30))
        #expect(events(cluster.items[stream]).map(\.value) == (0..<1_500).map(String.init))
    }

    @Test @Aside func `a mark moves a quiet stream on`() throws {
        let cluster = try ScriptedCluster { $0.markInterval = .milliseconds(300) }
        let host = cluster.followers[0]
        let stream = try cluster.simulation.openStream(at: host)
        let start = end(cluster, host)
        #expect(cluster.items[stream] == [.mark(start)])
        // The entry of a new term is none that gives an event.
        try cluster.simulation.crash(cluster.leader, powerLoss: false)
        try cluster.reach("a new term's entry") { $0.applied(of: host) > start.index }
        try cluster.wait(.milliseconds(400))
        let end = end(cluster, host)
        #expect(cluster.items[stream] == [.mark(start), .mark(end)])
    }
}
