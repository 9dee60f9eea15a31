import ChatCore
import ChatService
import Replication
import Storage
import Testing

extension ClusterTests {
    @Suite struct HTTPLimitsTests {
        /// What is sent, and the status that answers it.
        struct Oddity: CustomTestStringConvertible {
            var testDescription: String
            var bytes: String
            var status: Int
        }

        private static let oddities = [
            Oddity(
                testDescription: "a long target",
                bytes:
                    "GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: localhost\r\n"
                    + "\r\n",
                status: 414
            ),
            Oddity(
                testDescription: "many fields",
                bytes: "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
                    + String(repeating: "X: y\r\n", count: 70) + "\r\n",
                status: 431
            ),
            Oddity(
                testDescription: "a large body",
                bytes: "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 1048577\r\n\r\n",
                status: 413
            ),
            Oddity(
                testDescription: "a length and chunks",
                bytes: "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 1\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n",
                status: 400
            ),
            Oddity(testDescription: "no HTTP", bytes: "hello\r\n\r\n", status: 400),
            Oddity(
                testDescription: "another coding",
                bytes: "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n",
                status: 400
            ),
            Oddity(
                testDescription: "another method",
                bytes: "GET /v1/requests HTTP/1.1\r\nHost: localhost\r\n\r\n",
                status: 405
            ),
            Oddity(
                testDescription: "another path",
                bytes: "GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                status: 404
            ),
            Oddity(
                testDescription: "no JSON",
                bytes: "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 5\r\n\r\nhello",
                status: 400
            ),
            Oddity(
                testDescription: "no session",
                bytes: "POST /v1/queries HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
                    + "{\"whoami\":{}}",
                status: 401
            ),
        ]

        @Test func `what a node does not take is answered, and it goes on`() async throws {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            for oddity in Self.oddities {
                let wire = try Wire(to: node.client)
                try await wire.send(oddity.bytes)
                let answer = try await wire.answer()
                #expect(answer?.status == oddity.status, "\(oddity.testDescription)")
                #expect(answer?.text.contains("\"code\"") == true, "\(oddity.testDescription)")
            }
            #expect(try await Wire.get("/livez", from: node.client)?.status == 200)
        }

        @Test func `requests sent at once are answered in order, also after the input ended`()
            async throws
        {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            let client = try cluster.client()
            let token = try await client.enter("ann")
            let wire = try Wire(to: node.client)
            for number in 0..<300 {
                let body = Array("{\"send\":{\"to\":\"ann\",\"text\":\"\(number)\"}}".utf8)
                try await wire.post("/v1/requests", body, token: token)
            }
            wire.endInput()
            for number in 0..<300 {
                let answer = try #require(try await wire.answer())
                #expect(answer.status == 200)
                let output = try Answered(lineBytes: answer.body).output
                guard case .sent(let sent) = output else { throw Unexpected(answer.text) }
                #expect(sent.position == number + 1)
            }
            #expect(try await wire.answer() == nil, "the node ends the connection then")
            let texts = try await client.history(with: "ann", token: token).compactMap(\.text)
            #expect(texts == (0..<300).map(String.init))
        }

        @Test func `a head that comes byte by byte is read like any other`() async throws {
            let cluster = try await Cluster(1)
            let wire = try Wire(to: cluster.nodes[0].client)
            for byte in "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8 {
                try await wire.send([byte])
            }
            #expect(try await wire.answer()?.status == 200)
        }

        @Test func `connections that ask for nothing leave the journal what it needs`()
            async throws
        {
            let cluster = try await Cluster(1, options: { _ in ["--test-small-files"] })
            let node = cluster.nodes[0]
            let token = try await cluster.client().enter("ann")
            _ = try await node.stop()
            try await node.start(descriptors: 256)
            try await cluster.ready(node)
            let client = try cluster.client(token: token)
            _ = try await client.ask(.send(to: "ann", text: "before"))
            let idle = try (0..<400).map { _ in try Wire(to: node.client) }
            let strangers = try (0..<100).map { _ in try Wire(to: node.peer) }
            let files = node.journalFiles
            // More than a file holds.
            for number in 1...20 {
                let text = String(repeating: "x", count: 8_000)
                _ = try await client.ask(.send(to: "ann", text: "\(number) \(text)"))
            }
            #expect(node.journalFiles.last != files.last)
            #expect(!node.logLines.contains { $0.contains("no space left") })
            withExtendedLifetime((idle, strangers)) {}
        }
    }
}
