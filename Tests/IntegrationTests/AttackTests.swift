import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import Testing

extension ClusterTests {
    /// What one ordinary account can do to others: small versions of `Tests/Campaigns/attacks.sh`.
    @Suite struct AttackTests {
        /// So that only a node which stands still for seconds loses the lead: the other tests and the
        /// attacker share two cores with these nodes, and before there were bounds it was six.
        private static func cluster() async throws -> Cluster {
            try await Cluster(options: { _ in ["--election-timeout", "3s"] })
        }

        private static let query = Array(#"{"history":{"with":"eve","limit":200}}"#.utf8)

        /// An account that has sent itself so many messages of 8,000 bytes.
        private func attacker(_ cluster: Cluster, messages: Int = 200) async throws -> String {
            let token = try await cluster.client().enter("eve")
            let wire = try Wire(to: cluster.nodes[0].client)
            let text = String(repeating: "x", count: 8_000)
            let body = Array("{\"send\":{\"to\":\"eve\",\"text\":\"\(text)\"}}".utf8)
            for _ in 0..<messages { try await wire.post("/v1/requests", body, token: token) }
            for _ in 0..<messages { #expect(try await wire.answer()?.status == 200) }
            return token
        }

        /// Sends as many messages as honest accounts do, and checks that nothing else happened.
        private func honest(_ cluster: Cluster, _ attack: () async throws -> Void) async throws {
            let names = ["ann", "bob", "carl"]
            var tokens: [String] = []
            for name in names { tokens.append(try await cluster.client().enter(name)) }
            let term = try await cluster.leader().status()?.term
            try await attack()
            for number in 0..<10 {
                for (place, token) in tokens.enumerated() {
                    let wire = try Wire(to: cluster.nodes[place].client)
                    let body = "{\"send\":{\"to\":\"\(names[place])\",\"text\":\"\(number)\"}}"
                    try await wire.post("/v1/requests", Array(body.utf8), token: token)
                    #expect(try await wire.answer()?.status == 200)
                }
            }
            #expect(try await cluster.leader().status()?.term == term)
        }

        @Test func `pitfall 57: pipelined pages that nobody reads hurt no one else`() async throws {
            let cluster = try await Self.cluster()
            let token = try await attacker(cluster)
            var wires: [Wire] = []
            try await honest(cluster) {
                for node in cluster.nodes {
                    let wire = try Wire(to: node.client)
                    for _ in 0..<1_000 {
                        try await wire.post(
                            "/v1/queries?consistency=stale",
                            Self.query,
                            token: token
                        )
                    }
                    wires.append(wire)
                }
            }
            for node in cluster.nodes { #expect(try node.memory() < 256 << 20) }
            withExtendedLifetime(wires) {}
        }

        @Test func `a client that reads gets each page that it asked for at once`() async throws {
            let cluster = try await Cluster(1)
            let token = try await attacker(cluster)
            let wire = try Wire(to: cluster.nodes[0].client)
            for _ in 0..<100 {
                try await wire.post("/v1/queries", Self.query, token: token)
            }
            for _ in 0..<100 {
                let answer = try #require(try await wire.answer())
                #expect(answer.status == 200 && answer.body.count > 200_000)
                #expect(answer.text.contains("\"next\":"))
            }
        }

        @Test func `streams that nobody reads hurt no one else, and go on when they are read`()
            async throws
        {
            let cluster = try await Self.cluster()
            let token = try await attacker(cluster, messages: 1)
            var streams: [EventWire] = []
            for number in 0..<60 {
                streams.append(try await EventWire(cluster.nodes[number % 3], token: token))
            }
            let text = String(repeating: "x", count: 8_000)
            try await honest(cluster) {
                let client = try cluster.client(token: token)
                for number in 0..<600 {
                    let text = "\(number) \(text)"
                    _ = try await client.ask(.send(to: "eve", text: text))
                }
            }
            for node in cluster.nodes { #expect(try node.memory() < 256 << 20) }
            let wanted = (0..<600).map { "\($0) \(text)" }
            var seen = try await streams[0].messages(until: wanted[599])
            // A reader that takes nothing for half a minute is cut off, and resumes.
            while seen.count < 600, let last = seen.last {
                let again = try await EventWire(cluster.nodes[1], token: token, after: last.id)
                let more = try await again.messages(until: wanted[599])
                try #require(!more.isEmpty)
                seen += more
            }
            #expect(seen.map(\.text) == wanted)
        }

        @Test func `large requests that are never finished hurt no one else`() async throws {
            let cluster = try await Self.cluster()
            let token = try await attacker(cluster, messages: 1)
            var wires: [Wire] = []
            try await honest(cluster) {
                for _ in 0..<100 {
                    let wire = try Wire(to: cluster.nodes[0].client)
                    try await wire.send(
                        "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
                            + "Content-Type: application/json\r\nContent-Length: 1000000\r\n"
                            + "Authorization: Bearer \(token)\r\n\r\n"
                    )
                    try await wire.send([UInt8](repeating: 0x20, count: 100_000))
                    wires.append(wire)
                }
            }
            #expect(try cluster.nodes[0].memory() < 128 << 20)
            withExtendedLifetime(wires) {}
        }
    }
}

extension TestNode {
    /// The memory that the process has in use, in bytes.
    fileprivate func memory() throws -> Int {
        let number = try #require(process?.pid)
        guard let file = unsafe fopen("/proc/\(number)/status", "r") else {
            throw Unexpected("no status of process \(number)")
        }
        var bytes = [UInt8](repeating: 0, count: 1 << 13)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        unsafe fclose(file)
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("VmRSS:") })
        return (line.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }.first ?? 0)
            << 10
    }
}
