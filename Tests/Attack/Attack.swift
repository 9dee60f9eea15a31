import Dispatch
import Glibc
import Replication
import Storage

/// Attacks a running cluster as one ordinary account can, while honest accounts send, and prints
/// what became of them.
///
/// `attack KIND SECONDS SERVER,SERVER,… PROCESS,PROCESS,…`; ``Kind`` lists the attacks.
@main struct Attack {
    enum Kind: String, CaseIterable {
        /// No attack: what the honest accounts get without one.
        case none
        /// 100 pipelined pages of history on one connection to each node, read.
        case pipelined
        /// 1,000 of them on one connection to each node, never read.
        case unread
        /// 200 clients that read one page each, at once.
        case clients
        /// 100 pages in one pipeline, read one after the other: all must come.
        case pages
        /// 200 event streams of one node whose readers do not read, while messages flow.
        case streams200
        /// 800 of them.
        case streams800
        /// 9,900 of them: as many as a node takes.
        case streams9900
        /// 300 bodies of 1 MB to one node that are never finished.
        case bodies
        /// 300 bodies of 1 MB that come whole.
        case wholeBodies
        /// Nobody's account: strangers on both ports, after as long without them; ends with 1 if a
        /// term moves, a node ends or takes 64 MiB more, or honest accounts get less than 70 %.
        case strangers
    }

    static let query = #"{"history":{"with":"a1","limit":200}}"#

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let kind = Kind(rawValue: arguments[1]),
            let seconds = Int(arguments[2])
        else { throw Failure("attack KIND SECONDS SERVERS PROCESSES") }
        let servers = arguments[3].split(separator: ",").map(String.init)
        let nodes = Nodes(
            servers: servers,
            processes: arguments[4].split(separator: ",").map(String.init)
        )
        let attacker = try enter("a1", servers[0])
        let people = try (1...8).map { try (name: "h\($0)", token: enter("h\($0)", servers[0])) }
        try prepare(attacker, servers[0])
        let attack = Attack(kind: kind, seconds: seconds, nodes: nodes, token: attacker)
        if kind == .strangers { try attack.strangers(people) } else { try attack.run(people) }
    }

    let kind: Kind
    let seconds: Int
    let nodes: Nodes
    let token: String

    private func run(_ people: [(name: String, token: String)]) throws {
        let (idle, term) = (nodes.memory, nodes.term)
        let honest = Honest()
        nodes.watch()
        honest.begin(people, servers: nodes.servers)
        let end = SystemClock.now() + .seconds(seconds)
        let outcome = try attack(until: end)
        // Honest accounts go on for a moment after the attacker has gone.
        pass(.seconds(2))
        let result = honest.end()
        let peak = nodes.endWatch()
        print(
            "\(kind.rawValue): sent \(result.sent), failed \(result.failures.count),"
                + " p99 \(result.p99.milliseconds) ms, longest \(result.longest.milliseconds) ms,"
                + " term \(term) -> \(nodes.term), memory \(idle) MiB, peak +\(peak - idle) MiB,"
                + " afterwards +\(nodes.memory - idle) MiB; \(outcome)"
        )
        for failure in Set(result.failures).sorted().prefix(3) { print("  failure: \(failure)") }
    }

    /// Honest accounts without strangers and with them, for as long, in turns: so what else the machine
    /// does counts for both.
    private func strangers(_ people: [(name: String, token: String)]) throws {
        let (turns, slice) = (4, Duration.milliseconds(seconds * 250))
        func honest(_ body: (Instant) throws -> Void) throws -> Int {
            let honest = Honest()
            honest.begin(people, servers: nodes.servers)
            try body(SystemClock.now() + slice)
            let result = honest.end()
            for failure in Set(result.failures).sorted().prefix(3) {
                print("  failure: \(failure)")
            }
            return result.sent
        }
        let strangers = try Strangers(asking: nodes.servers[0])
        guard strangers.missing.isEmpty else {
            throw Failure("no stranger says: \(strangers.missing)")
        }
        _ = try honest(pass(until:))
        let (idle, term) = (nodes.memory, nodes.term)
        nodes.watch()
        var (without, with, most) = (0, 0, 0)
        for _ in 0..<turns {
            without += try honest(pass(until:))
            // What the honest accounts have sent takes memory too, and stays.
            let before = nodes.memory
            _ = nodes.takePeak()
            with += try honest(strangers.run(until:))
            most = max(most, nodes.takePeak() - before)
        }
        let (after, alive) = (nodes.memory, nodes.alive)
        _ = nodes.endWatch()
        let share = with * 100 / max(1, without)
        print(
            "strangers: sent \(without) without, \(with) with (\(share) %), term \(term) ->"
                + " \(nodes.term), +\(most) MiB at most while they are there, \(idle) -> \(after) MiB with"
                + " all that was sent, \(alive) nodes alive; tried:"
                + " \(strangers.summary)"
        )
        guard nodes.term == term, most <= 64, share >= 70, alive == nodes.servers.count else {
            exit(1)
        }
    }

    private func attack(until end: Instant) throws -> String {
        switch kind {
        case .none:
            pass(until: end)
            return "no attack"
        case .pipelined: return try pipelined(100, until: end)
        case .unread: return try unread(until: end)
        case .clients: return try clients(until: end)
        case .pages: return try pages()
        case .streams200: return try streams(200, until: end)
        case .streams800: return try streams(800, until: end)
        case .streams9900: return try streams(9_900, until: end)
        case .bodies: return try bodies(isWhole: false, until: end)
        case .wholeBodies: return try bodies(isWhole: true, until: end)
        case .strangers:
            let strangers = try Strangers(asking: nodes.servers[0])
            strangers.run(until: end)
            return strangers.summary
        }
    }

    private var page: [UInt8] {
        HTTPPeer.post("/v1/queries?consistency=stale", Self.query, token: token)
    }

    private func pipeline(_ count: Int) -> [UInt8] {
        (0..<count).reduce(into: []) { bytes, _ in bytes += page }
    }

    private func pipelined(_ count: Int, until end: Instant) throws -> String {
        let group = DispatchGroup()
        let bytes = pipeline(count)
        let total = Lock(0)
        for server in nodes.servers {
            DispatchQueue(label: server).async(group: group) {
                while SystemClock.now() < end {
                    guard let peer = try? HTTPPeer(server) else { continue }
                    try? peer.send(bytes)
                    for _ in 0..<count where SystemClock.now() < end {
                        guard (try? peer.answer(within: .seconds(30))) != nil else { break }
                        total.withLock { $0 += 1 }
                    }
                }
            }
        }
        group.wait()
        return "\(total.withLock { $0 }) pages read"
    }

    private func unread(until end: Instant) throws -> String {
        let bytes = pipeline(1_000)
        let peers = try nodes.servers.map { try HTTPPeer($0) }
        for peer in peers { try? peer.send(bytes, within: .seconds(1)) }
        pass(until: end)
        return "\(peers.count) left after \(seconds) s"
    }

    private func clients(until end: Instant) throws -> String {
        let peers = try (0..<200).map { try HTTPPeer(nodes.servers[$0 % nodes.servers.count]) }
        for peer in peers { try peer.send(page) }
        var complete = 0
        for peer in peers where (try? peer.answer(within: .seconds(30)))?.status == 200 {
            complete += 1
        }
        return "\(complete) of 200 pages read"
    }

    private func pages() throws -> String {
        let peer = try HTTPPeer(nodes.servers[0])
        try peer.send(pipeline(100))
        var (count, bytes) = (0, 0)
        for _ in 0..<100 {
            guard let answer = try? peer.answer(within: .seconds(30)), answer.status == 200
            else { break }
            count += 1
            bytes += answer.body.count
            pass(.milliseconds(20))
        }
        return "\(count) of 100 pages read, \(bytes) bytes"
    }

    private func streams(_ count: Int, until end: Instant) throws -> String {
        let text =
            "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n"
            + "Authorization: Bearer \(token)\r\n\r\n"
        let readers = try (0..<count).map { _ in
            let peer = try HTTPPeer(nodes.servers[0])
            try peer.send(Array(text.utf8))
            return peer
        }
        let flow = Honest()
        flow.begin(
            (0..<4).map { _ in (name: "a1", token: token) },
            servers: nodes.servers,
            bytes: 8_000
        )
        pass(until: end)
        let result = flow.end()
        return withExtendedLifetime(readers) {
            "\(result.sent) messages of 8,000 bytes for the streams,"
                + " \(result.failures.count) of them failed"
        }
    }

    private func bodies(isWhole: Bool, until end: Instant) throws -> String {
        let size = 1 << 20
        let head = HTTPPeer.post("/v1/requests", "", token: token, length: size)
        let body = [UInt8](repeating: 0x20, count: isWhole ? size : size - 1)
        let group = DispatchGroup()
        let answered = Lock(0)
        for part in 0..<10 {
            DispatchQueue(label: "bodies \(part)").async(group: group) { [nodes] in
                let peers = (0..<30).compactMap { _ in try? HTTPPeer(nodes.servers[0]) }
                for peer in peers { try? peer.send(head) }
                for peer in peers { try? peer.send(body, within: .milliseconds(200)) }
                for peer in peers where isWhole {
                    guard (try? peer.answer(within: .seconds(30))) != nil else { continue }
                    answered.withLock { $0 += 1 }
                }
                pass(until: end)
                withExtendedLifetime(peers) {}
            }
        }
        group.wait()
        return isWhole ? "\(answered.withLock { $0 }) answered" : "300 never finished"
    }

    /// Makes an account, if there is none, and a session.
    private static func enter(_ name: String, _ server: String) throws -> String {
        let peer = try HTTPPeer(server)
        let credentials = #"{"name":"\#(name)","password":"password-of-\#(name)""#
        _ = try peer.ask("/v1/requests", #"{"register":\#(credentials)}}"#)
        let text = try peer.ask("/v1/requests", #"{"login":\#(credentials),"device":"attack"}}"#)
            .text
        let parts = text.split(separator: "\"token\":\"", maxSplits: 1)
        guard parts.count == 2 else { throw Failure("no token: \(text)") }
        return String(parts[1].prefix { $0 != "\"" })
    }

    /// 200 messages of 8,000 bytes, from the attacker to itself.
    private static func prepare(_ token: String, _ server: String) throws {
        let peer = try HTTPPeer(server)
        let text = String(repeating: "x", count: 8_000)
        for _ in 0..<200 {
            let answer = try peer.ask(
                "/v1/requests",
                #"{"send":{"to":"a1","text":"\#(text)"}}"#,
                token: token
            )
            guard answer.status == 200 else { throw Failure("no message sent: \(answer.text)") }
        }
    }
}
