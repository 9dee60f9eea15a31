import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import Testing

/// The typed client against a node in this process, with real sockets.
@Suite struct ClientTests {
    @Test(.timeLimit(.minutes(5)))
    func `all calls of the client`() async throws {
        try await withChatNode { server in
            let ann = try ChatClient(servers: [server], timeout: .seconds(60))
            let bob = try ChatClient(servers: [server], timeout: .seconds(60))
            for (client, name) in [(ann, "ann"), (bob, "bob")] {
                try await client.register(name, password: "password of \(name)", displayName: name)
                try await client.login(name, password: "password of \(name)", device: "test")
            }
            try await talk(ann, bob)
            try await read(ann, bob)
            try await leave(ann)
        }
    }

    private func talk(_ ann: ChatClient, _ bob: ChatClient) async throws {
        let first = try await ann.send("one", to: "bob", key: "k")
        let again = try await ann.send("one", to: "bob", key: "k")
        #expect(again.value == first.value)
        #expect((first.isRepeated, again.isRepeated) == (false, true))
        try await ann.send("two", to: "bob")
        #expect(try await bob.inbox().unread == 2)
        #expect(try await ann.users(matching: "b*").items.map(\.displayName) == ["bob"])
        let page = try await bob.history(with: "ann", HistoryRange(newestFirst: false, limit: 1))
        #expect(page.items.map(\.text) == ["one"])
        #expect(page.next == first.value.id)
        await #expect(throws: ChatClientError.self) { try await ann.send("x", to: "carol") }
    }

    private func read(_ ann: ChatClient, _ bob: ChatClient) async throws {
        let marked = try await bob.read(.next(1, with: nil)).value
        #expect(try await bob.messages(marked.ids).map(\.text) == ["one"])
        #expect(try await bob.whoami().unread == 1)
        let missing = MessageID(entry: 999)
        let deleted = try await ann.delete(marked.ids + [missing], for: .all).value
        #expect(deleted.map(\.error) == [nil, .messageUnknown])
        var texts: [String?] = []
        for try await event in await bob.events(since: "0-0.0") {
            guard case .message(let message) = event.kind else { continue }
            texts.append(message.text)
            if texts.count == 2 { break }
        }
        // What was deleted meanwhile is gone from a replay.
        #expect(texts == [nil, "two"])
    }

    private func leave(_ ann: ChatClient) async throws {
        #expect(try await ann.clusterReport().leader == "n1")
        #expect(try await ann.sessions().map(\.device) == ["test"])
        #expect(try await ann.logout().value.count == 1)
        let error = await #expect(throws: ChatClientError.self) { try await ann.whoami() }
        guard case .failed(.refused(status: 401, _, _)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

/// Runs a cluster of one while `body` runs.
private func withChatNode(_ body: (_ server: String) async throws -> Void) async throws {
    var template = Array("/tmp/chat-client-test.XXXXXX".utf8CString)
    guard let path = unsafe mkdtemp(&template).map({ unsafe String(cString: $0) }) else {
        throw FileError(.notFound, call: "mkdtemp", path: "/tmp")
    }
    var configuration = ReplicaConfiguration(
        id: "n1",
        dataDirectory: "\(path)/n1",
        clientAddress: "127.0.0.1:0",
        peerAddress: "127.0.0.1:0"
    )
    configuration.bootstrapExpect = 1
    configuration.formationPatience = .zero
    let replica = try Replica<ChatState>(configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await replica.run() }
        defer { replica.beginGracefulShutdown() }
        try await body(replica.clientAddress)
    }
    for name in try DiskFileSystem().list("\(path)/n1") {
        try DiskFileSystem().remove("\(path)/n1/\(name)")
    }
    _ = unsafe rmdir("\(path)/n1")
    _ = unsafe rmdir(path)
}
