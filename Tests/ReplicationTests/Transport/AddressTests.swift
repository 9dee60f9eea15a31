import Replication
import TestSupport
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1:7400", "127.0.0.1", 7400), ("n1.example:1", "n1.example", 1),
        ("[::1]:65535", "::1", 65535), ("localhost:0", "localhost", 0),
    ]) @Aside func `host and port are read and written back`(
        text: String,
        host: String,
        port: UInt16
    )
        throws
    {
        let address = try #require(Address(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":", "host", "host:", ":7400", "host:65536", "host:+1", "host:-1", "::1:7400", "[]:1",
        "[host]:1", "ho st:1", "host:7a", "http://host:1", "[::1]", "h\u{e4}:1",
    ]) @Aside func `what is no address is refused`(text: String) {
        #expect(Address(text) == nil)
    }

    @Test @Aside func `a numeric host resolves to itself`() throws {
        let found = try #require(Address("127.0.0.1:7400")).resolved()
        #expect(found.count == 1)
        #expect(found.first?.port == 7400)
    }

    @Test @Aside func `a host that does not exist is said`() throws {
        let address = try #require(Address("no-such-host.invalid:1"))
        let error = #expect(throws: SocketError.self) { try address.resolved() }
        #expect(error?.description.contains("no-such-host.invalid:1") == true)
    }
}
