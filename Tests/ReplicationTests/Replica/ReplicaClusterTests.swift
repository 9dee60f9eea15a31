import Replication
import Storage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ReplicaClusterTests {
    @Test func `three nodes form a cluster, and each takes requests and queries`() async throws {
        let cluster = try ReplicaCluster()
        try cluster.startAll()
        _ = try await cluster.leader()
        for (place, run) in cluster.running.enumerated() { try await run.append("v\(place)") }
        for run in cluster.running { #expect(try await run.values() == ["v0", "v1", "v2"]) }
        let again = try await cluster.running[1].replica.request(
            Register.Append(value: "v0"),
            key: "v0"
        )
        #expect(again.output == 1)
        try await cluster.stopAll()
    }

    @Test func `a read on any node sees what was acknowledged before it`() async throws {
        let cluster = try ReplicaCluster()
        try cluster.startAll()
        let leader = try await cluster.leader()
        for number in 0..<20 {
            try await cluster.runs[leader]?.append("v\(number)")
            let reader = cluster.running[number % 3]
            #expect(try await reader.values().last == "v\(number)")
        }
        try await cluster.stopAll()
    }

    @Test func `a leader that is stopped is replaced, and comes back`() async throws {
        let cluster = try ReplicaCluster()
        try cluster.startAll()
        let first = try await cluster.leader()
        try await cluster.running[0].append("before")
        try await cluster.stop(first)
        let second = try await cluster.leader()
        #expect(second != first)
        for run in cluster.running { try await run.append("while \(run.replica.identity.id)") }
        try cluster.start(first)
        let returned = try #require(cluster.runs[first])
        let values = try await returned.values()
        #expect(values.count == 3)
        #expect(values.first == "before")
        try await returned.append("after")
        #expect(try await cluster.runs[second]?.values().last == "after")
        try await cluster.stopAll()
    }

    @Test func `a stream goes on elsewhere when its node stops`() async throws {
        let cluster = try ReplicaCluster()
        try cluster.startAll()
        let leader = try await cluster.leader()
        let client = try ClusterClient(servers: cluster.servers, timeout: .seconds(60))
        let server = Lock<String?>(nil)
        var options = ServerEvents.Options()
        options.includesMarks = true
        options.onConnection = { name in server.withLock { $0 = name ?? $0 } }
        var events = await client.events(options: options).makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.name == "mark")
        var seen: [String] = []
        for number in 0..<10 {
            try await cluster.runs[leader]?.append("a\(number)")
        }
        while seen.count < 10 { seen += Self.value(try await events.next(isolation: nil)) }
        let place = try #require(
            cluster.runs.firstIndex { run in
                run?.replica.clientAddress == server.withLock { $0 }
            }
        )
        try await cluster.stop(place)
        _ = try await cluster.leader()
        for number in 0..<10 { try await cluster.running[0].append("b\(number)") }
        while seen.count < 20 { seen += Self.value(try await events.next(isolation: nil)) }
        let expected = (0..<10).map { "\"a\($0)\"" } + (0..<10).map { "\"b\($0)\"" }
        #expect(seen == expected)
        try await cluster.stopAll()
    }

    private static func value(_ event: ServerEvent?) -> [String] {
        guard let event, event.name == "value" else { return [] }
        return [String(decoding: event.data, as: UTF8.self)]
    }

    @Test func `all callers are answered when all nodes stop under load`() async throws {
        let cluster = try ReplicaCluster()
        try cluster.startAll()
        let leader = try await cluster.leader()
        let acknowledged = Lock([String]())
        let unknown = Lock([String]())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                let run = cluster.running[number % 3]
                group.addTask {
                    try await Self.load(run, "c\(number)", acknowledged, unknown)
                }
            }
            _ = try await eventually("some are answered") {
                acknowledged.withLock { $0.count } > 60 ? true : nil
            }
            for run in cluster.running { run.replica.beginGracefulShutdown() }
            for run in cluster.running { try await run.task.value }
            try await group.waitForAll()
        }
        try cluster.startAll()
        let values = try await cluster.running[0].values()
        #expect(Set(values).count == values.count)
        #expect(Set(acknowledged.withLock { $0 }).isSubset(of: values))
        let accounted = acknowledged.withLock { $0 } + unknown.withLock { $0 }
        #expect(Set(values).isSubset(of: accounted), "what 'did not happen' did, led by \(leader)")
        try await cluster.stopAll()
    }

    /// Writes until the node is stopped.
    private static func load(
        _ run: ReplicaRun<Register>,
        _ name: String,
        _ acknowledged: Lock<[String]>,
        _ unknown: Lock<[String]>
    ) async throws {
        for number in 0... {
            let value = "\(name)-\(number)"
            do {
                try await run.append(value)
                acknowledged.withLock { $0.append(value) }
            } catch ReplicationError.stopped {
                return
            } catch ReplicationError.outcomeUnknown(let key) {
                #expect(key == value)
                unknown.withLock { $0.append(value) }
            } catch ReplicationError.unavailable {
                continue
            }
        }
    }

    @Test func `a node of another cluster is refused, and both sides say why`() async throws {
        let cluster = try ReplicaCluster(of: 2)
        try cluster.startAll()
        _ = try await cluster.leader()
        try await cluster.stop(1)
        let directory = try ReplicaDirectory()
        var configuration = aloneConfiguration(directory, name: "stranger")
        configuration.peerAddress = cluster.configurations[1].peerAddress
        let stranger = try ReplicaRun<Register>(configuration)
        try await stranger.lead()
        let member = try #require(cluster.runs[0])
        _ = try await eventually("both say why") {
            member.log.contains("warning", "refused", "cluster_mismatch")
                && stranger.log.contains("warning", "refused", "cluster_mismatch") ? true : nil
        }
        try await stranger.append("own")
        #expect(try await stranger.values() == ["own"])
        // The stranger is no member: it does not make a majority.
        _ = try await eventually("the member alone leads no more") {
            await member.replica.status.leader == nil ? true : nil
        }
        try await stranger.stop()
        try await cluster.stopAll()
    }
}
