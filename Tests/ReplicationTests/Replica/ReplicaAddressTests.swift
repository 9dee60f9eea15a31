import Replication
import Storage
import TestSupport
import Testing

/// Where a replica listens, and what it tells others.
@Suite struct ReplicaAddressTests {
    private static func configuration(
        client: String = "127.0.0.1:0",
        peer: String = "127.0.0.1:0"
    ) -> ReplicaConfiguration {
        var configuration = ReplicaConfiguration(
            id: "n1",
            dataDirectory: "/data/n1",
            clientAddress: client,
            peerAddress: peer
        )
        configuration.bootstrapExpect = 1
        configuration.suitTests()
        return configuration
    }

    private static func complaint(_ configuration: ReplicaConfiguration) -> String? {
        do throws(ReplicationError) {
            try configuration.validate()
            return nil
        } catch { return "\(error)" }
    }

    @Test(arguments: ["0.0.0.0:7400", "[::]:7400", "0:7400"])
    func `an address that nobody can call is refused without one that can be`(address: String) {
        var client = Self.configuration(client: address)
        #expect(Self.complaint(client)?.contains("means all addresses of this machine") == true)
        client.advertisedClientAddress = "n1.example:7400"
        #expect(Self.complaint(client) == nil)
        client.advertisedClientAddress = address
        #expect(Self.complaint(client) != nil)
        var peer = Self.configuration(peer: address)
        #expect(Self.complaint(peer)?.contains("the peer address") == true)
        peer.advertisedPeerAddress = "10.0.0.1:0"
        #expect(Self.complaint(peer) == nil)
        var joining = Self.configuration()
        joining.join = [address]
        #expect(Self.complaint(joining)?.contains("can't be called") == true)
    }

    @Test func `an address to advertise is what others are told, with the port that is used`()
        async throws
    {
        var configuration = Self.configuration(client: "0.0.0.0:0")
        configuration.advertisedClientAddress = "chat.example:0"
        let run = try ReplicaRun<Register>(configuration, fileSystem: MemoryFileSystem())
        try await run.lead()
        let address = try #require(Address(run.replica.clientAddress))
        #expect(address.host == "chat.example" && address.port != 0)
        let status = await run.replica.status
        #expect(status.nodes.map(\.member.clientAddress) == [run.replica.clientAddress])
        try await run.stop()
    }

    @Test(arguments: ["127.0.0.1", "[::1]", "localhost"])
    func `a port that is missing is named as such`(address: String) {
        let complaint = Self.complaint(Self.configuration(client: address))
        #expect(complaint?.contains("'\(address)' has no port: write \(address):PORT") == true)
    }

    @Test func `a name is listened on at all its addresses, with one port`() throws {
        let loopback = try ["127.0.0.1:0", "127.0.0.2:0", "192.0.2.1:0"].flatMap {
            try #require(Address($0)).resolved()
        }
        // The last one is of no machine.
        let listener = try Listener(onAll: loopback)
        #expect(listener.count == 2)
        for host in ["127.0.0.1", "127.0.0.2"] {
            let place = try Address(host: host, port: listener.port).resolved()[0]
            let error = #expect(throws: SocketError.self) { _ = try Listener(on: place) }
            #expect("\(try #require(error))".contains("bind"))
        }
    }

    @Test(arguments: [300, 301, 0, -1])
    func `a heartbeat that comes too late is refused`(milliseconds: Int) {
        var configuration = Self.configuration()
        configuration.heartbeatInterval = .milliseconds(milliseconds)
        #expect(Self.complaint(configuration)?.contains("heartbeat interval") == true)
        configuration.heartbeatInterval = .milliseconds(299)
        #expect(Self.complaint(configuration) == nil)
    }
}
