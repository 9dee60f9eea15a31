import ChatCore
import ChatService
import Glibc
import Replication
import Testing

extension ClusterTests {
    @Suite struct StartAndStopTests {
        @Test func `three nodes form one cluster, and each serves any client`() async throws {
            let cluster = try await Cluster()
            let ann = try await cluster.client().enter("ann")
            for node in cluster.nodes {
                let client = try cluster.client([node], token: ann)
                _ = try await client.ask(.send(to: "ann", text: "through \(node.id)"))
            }
            for node in cluster.nodes {
                let messages = try await cluster.client([node]).history(with: "ann", token: ann)
                #expect(messages.map(\.text) == cluster.nodes.map { "through \($0.id)" })
            }
            let statuses = try await cluster.nodes.asyncMap { try await $0.status() }
            #expect(Set(statuses.map { $0?.cluster }).count == 1)
            #expect(statuses.count { $0?.role == "leader" } == 1)
        }
    }
}

extension Sequence {
    /// Maps one element after the other.
    func asyncMap<Result>(
        _ transform: (Element) async throws -> Result
    ) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
