import Storage
import TestSupport
import Testing

@testable import Replication

/// What connections of strangers cost, and whose name they can speak in.
@Suite struct PeerLinksStrangersTests {
    private static let member = NodeIdentity(id: "m", incarnation: "0123456789abcdef")

    private static func hello(_ node: NodeIdentity = member) -> [UInt8] {
        PeerMessage.hello(
            Hello(
                cluster: "c",
                from: node,
                peerAddress: "127.0.0.1:9",
                clientAddress: "127.0.0.1:1",
                to: nil
            )
        ).line
    }

    private func hellos(_ bench: PeerLinksBench) -> Int {
        bench.events.count { if case .hello = $0 { true } else { false } }
    }

    private static func append(_ count: Int) -> [UInt8] {
        let append = Append(
            term: Term(1),
            previous: .zero,
            entries: EntryBatch(
                first: LogIndex(1),
                terms: [TermRun(term: Term(1), count: count)],
                bytes: 1
            ),
            commit: .zero,
            round: AppendRound(1),
            session: ReplicationSession(1)
        )
        return PeerMessage.consensus(.append(append), clock: Timestamp(milliseconds: 1)).line
    }

    @Test @Aside func `a second connection in a node's name waits while the first one answers`()
        throws
    {
        let (near, far) = (try PeerLinksBench("m"), try PeerLinksBench("b"))
        near.dial(far.address)
        try turn(near, far) { hellos(far) == 1 }
        far.welcomeAll()
        try turn(near, far) { near.linked == 1 }
        let thief = try RawClient(far.address)
        try thief.send(Self.hello(near.identity) + PeerMessage.read(id: 7).line)
        try turn(near, far) {
            far.links.incoming.count == 1 && far.said(.warning, "in its name") == 1
        }
        #expect(hellos(far) == 1)
        #expect(far.ended == 0)
        #expect(near.unlinked == 0)
        #expect(try thief.readAll().isEmpty)
    }

    @Test @Aside func `one that does not answer gives its name to the next, which is told first`()
        throws
    {
        let bench = try PeerLinksBench("b") { $0.probe = .milliseconds(20) }
        let first = try RawClient(bench.address)
        try first.send(Self.hello())
        try turn(bench) { hellos(bench) == 1 }
        let second = try RawClient(bench.address)
        try second.send(Self.hello())
        try turn(bench) { bench.ended == 1 }
        #expect(hellos(bench) == 2)
        guard case .linkEnded = bench.events.last else {
            Issue.record("the end of the first came before the second")
            return
        }
        #expect(bench.links.incoming.count == 1)
        #expect(try first.readAll().contains("ping"))
    }

    @Test @Aside func `a process that was started again speaks at once`() throws {
        let bench = try PeerLinksBench("b")
        var first: RawClient? = try RawClient(bench.address)
        try first?.send(Self.hello())
        try turn(bench) { hellos(bench) == 1 }
        let second = try RawClient(bench.address)
        try second.send(Self.hello())
        try turn(bench) { !bench.links.contests.isEmpty }
        // The system closes what a process leaves behind.
        first = nil
        try turn(bench) { hellos(bench) == 2 }
        #expect(bench.links.contests.isEmpty)
    }

    @Test @Aside func `a stranger's begun append takes no memory, and a member's is taken`() throws
    {
        let bench = try PeerLinksBench("b")
        let peer = try RawClient(bench.address)
        try peer.send(Self.hello())
        try turn(bench) { hellos(bench) == 1 }
        let entry = [UInt8](repeating: 0x78, count: 1 << 16) + [UInt8(ascii: "\n")]
        try peer.send(Self.append(9))
        for _ in 0..<9 {
            try peer.send(entry)
            for _ in 0..<40 { bench.turn(0) }
            let reader = try #require(bench.links.incoming.values.first?.reader)
            #expect(reader.heldBytes <= 64 << 10)
        }
        try peer.send(PeerMessage.read(id: 7).line)
        try turn(bench) { bench.events.count == 2 }
        guard case .message(_, .read(7), _) = bench.events[1],
            case .hello(let link, _) = bench.events[0]
        else {
            Issue.record("\(bench.events)")
            return
        }
        bench.links.trust(link, true)
        try peer.send(Self.append(9))
        for _ in 0..<9 { try peer.send(entry) }
        try turn(bench) { bench.events.count == 3 }
        guard case .message(_, _, let lines) = bench.events[2] else { return }
        #expect(lines.count == 9)
    }

    @Test @Aside func `many short lines of a stranger are not kept either`() throws {
        var reader = PeerReader(allowance: .small)
        reader.receive(Self.append(5_000)[...])
        _ = try reader.next()
        for _ in 0..<4_999 {
            reader.receive([UInt8(ascii: "\n")])
            _ = try reader.next()
            #expect(reader.heldBytes <= 64 << 10)
        }
        reader.receive(Array("\n".utf8)[...])
        let none = try reader.next() == nil
        #expect(none)
    }

    @Test @Aside func `strangers make room, and keep no member out`() throws {
        let bench = try PeerLinksBench("b") { $0.incoming = 2 }
        let member = try RawClient(bench.address)
        try member.send(Self.hello())
        try turn(bench) { hellos(bench) == 1 }
        guard case .hello(let link, _) = bench.events[0] else { return }
        bench.links.trust(link, true)
        let old = try RawClient(bench.address)
        try turn(bench) { bench.links.incoming.count == 2 }
        let new = try RawClient(bench.address)
        try turn(bench) { old.hasEnded }
        #expect(!member.hasEnded && !new.hasEnded)
    }

    @Test @Aside func `bad lines are counted, and not written one by one`() throws {
        let bench = try PeerLinksBench("b")
        for _ in 0..<20 {
            let peer = try RawClient(bench.address)
            try peer.send("nonsense\n")
            try turn(bench) { peer.hasEnded }
        }
        #expect(bench.said(.warning, "what is no message") == 1)
    }
}
