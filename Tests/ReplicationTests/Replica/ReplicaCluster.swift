import Replication
import Storage
import TestSupport

/// Three nodes in this process, with real files and sockets.
final class ReplicaCluster {
    let directory: ReplicaDirectory
    let configurations: [ReplicaConfiguration]
    private(set) var runs: [ReplicaRun<Register>?]

    init(
        of count: Int = 3,
        _ adjust: (inout ReplicaConfiguration) -> Void = { _ in }
    ) throws {
        directory = try ReplicaDirectory()
        var peers: Set<String> = []
        while peers.count < count { peers.insert(try directory.address()) }
        let list = peers.sorted()
        let path = directory.path
        configurations = list.enumerated().map { place, peer in
            var configuration = ReplicaConfiguration(
                id: "n\(place + 1)",
                dataDirectory: "\(path)/n\(place + 1)",
                clientAddress: "127.0.0.1:0",
                peerAddress: peer
            )
            configuration.join = list
            configuration.bootstrapExpect = count
            configuration.suitTests()
            adjust(&configuration)
            return configuration
        }
        runs = Array(repeating: nil, count: count)
    }

    var running: [ReplicaRun<Register>] { runs.compactMap(\.self) }
    var servers: [String] { running.map(\.replica.clientAddress) }

    func start(_ place: Int) throws { runs[place] = try ReplicaRun(configurations[place]) }

    func startAll() throws { for place in runs.indices { try start(place) } }

    func stop(_ place: Int) async throws {
        try await runs[place]?.stop()
        runs[place] = nil
    }

    func stopAll() async throws { for place in runs.indices { try await stop(place) } }

    /// Waits until one leads and all that run know it; gives its place.
    func leader() async throws -> Int {
        try await eventually("all know one leader") {
            var leaders: [NodeIdentity?] = []
            for run in running { leaders.append(await run.replica.status.leader) }
            guard let leader = leaders.first ?? nil, leaders.allSatisfy({ $0 == leader }) else {
                return nil
            }
            return runs.firstIndex { $0?.replica.identity == leader }
        }
    }
}
