import ChatCore
import ChatOptions
import ChatService
import Replication
import Storage
import TestSupport
import Testing

/// `cluster status` of a cluster that takes no writes.
@Suite struct CommandStatusTests {
    @Test func `a cluster that is not formed says why, and nothing can be written`() async throws {
        let directory = try CommandDirectory()
        let ports = try [ReservedPort(), ReservedPort()]
        var configuration = ReplicaConfiguration(
            id: "n1",
            dataDirectory: "\(directory.path)/n1",
            clientAddress: "127.0.0.1:0",
            peerAddress: ports[0].address
        )
        configuration.join = ports.map(\.address)
        configuration.bootstrapExpect = 2
        let replica = try Replica<ChatState>(configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await replica.run() }
            defer { replica.beginGracefulShutdown() }
            let user = CommandUser(directory: directory, servers: replica.clientAddress)
            let status = try await user.run("cluster", "status")
            #expect(status.code == .problemFound && status.errors == "")
            #expect(status.output.contains("no cluster yet, nothing can be written"))
            #expect(status.output.contains("not connected: \(ports[1].address)"))
            let object = try await user.run("cluster", "status", "--json")
            #expect(object.code == .problemFound)
            #expect(object.output.contains(#""writable":false"#))
            #expect(object.output.contains("not connected: \(ports[1].address)"))
        }
    }

    @Test func `a cluster that takes writes is no problem`() async throws {
        let directory = try CommandDirectory()
        try await withNode(in: directory) { server in
            let user = CommandUser(directory: directory, servers: server)
            _ = try await user.run(
                "register",
                "ann",
                "--password-stdin",
                input: "long-secret-1\n"
            )
            let status = try await user.run("cluster", "status", "--json")
            #expect(status.code == .done && status.output.contains(#""writable":true"#))
        }
    }
}
