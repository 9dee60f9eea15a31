import Storage
import TestSupport
import Testing

@testable import Replication

@Suite struct PeerLinksTests {
    /// Two benches, the first dialled and welcome at the second.
    private func pair(
        _ change: (inout PeerLimits) -> Void = { _ in }
    ) throws -> (PeerLinksBench, PeerLinksBench) {
        let (near, far) = (try PeerLinksBench("a", change), try PeerLinksBench("b"))
        near.dial(far.address)
        try turn(near, far) { !far.events.isEmpty }
        far.welcomeAll()
        try turn(near, far) { near.linked == 1 }
        return (near, far)
    }

    /// Waits for next to nothing.
    private func hasty(_ limits: inout PeerLimits) {
        limits.handshake = .milliseconds(100)
        limits.refusedPause = .milliseconds(100)
    }

    private func line(_ number: UInt64) -> [UInt8] { PeerMessage.read(id: number).line }

    private func numbers(_ bench: PeerLinksBench) -> [UInt64] {
        bench.events.compactMap {
            guard case .message(_, .read(let number), _) = $0 else { return nil }
            return number
        }
    }

    @Test @Aside func `messages of a link arrive in the order sent`() throws {
        let (near, far) = try pair()
        for number in 0..<3_000 as Range<UInt64> {
            near.links.send(line(number), [], to: far.address)
            if number % 100 == 0 { near.turn() }
        }
        try turn(near, far) { numbers(far).count == 3_000 }
        #expect(numbers(far) == Array(0..<3_000))
    }

    @Test @Aside func `what is sent before the welcome is lost, and nothing is after it`() throws {
        let (near, far) = (try PeerLinksBench("a"), try PeerLinksBench("b"))
        near.dial(far.address)
        near.links.send(line(1), [], to: far.address)
        try turn(near, far) { !far.events.isEmpty }
        near.links.send(line(2), [], to: far.address)
        far.welcomeAll()
        try turn(near, far) { near.linked == 1 }
        near.links.send(line(3), [], to: far.address)
        try turn(near, far) { !numbers(far).isEmpty }
        #expect(numbers(far) == [3])
    }

    @Test @Aside func `a welcome that does not come is not waited for, and dialled again`() throws {
        let (near, silent) = (try PeerLinksBench("a", hasty), try PeerLinksBench("b"))
        near.dial(silent.address)
        try turn(near) { near.messages.count >= 3 }
        // Said once, not with every attempt.
        #expect(near.said(.info, "no welcome") == 1)
        #expect(near.said(.debug, "no welcome") >= 2)
        try turn(near, silent) {
            silent.welcomeAll()
            return near.linked > 0
        }
    }

    @Test @Aside func `a refusal is told with its reason, and followed by a pause`() throws {
        let (near, far) = (try PeerLinksBench("a"), try PeerLinksBench("b"))
        near.dial(far.address)
        try turn(near, far) { !far.events.isEmpty }
        guard case .hello(let link, _) = far.events[0] else { return }
        let refusal = LinkRefusal(code: "cluster_mismatch", message: "no")
        far.links.answer(link, .refused(refusal), thenEnd: true, at: SystemClock.now())
        try turn(near, far) { near.said(.warning, "refused: no (cluster_mismatch)") == 1 }
        let pause = try #require(near.links.nextDeadline) - SystemClock.now()
        #expect(pause > .seconds(30))
        try turn(near, far) { far.ended == 1 && far.links.incoming.isEmpty }
        #expect(near.unlinked == 0)
    }

    @Test @Aside func `a link that breaks is told once, and dialled again`() throws {
        let (near, far) = try pair()
        far.links.incoming.values.first?.connection.close()
        far.links.incoming.removeAll()
        try turn(near) { near.unlinked == 1 }
        far.events.removeAll()
        try turn(near, far) { !far.events.isEmpty }
        far.welcomeAll()
        try turn(near, far) { near.linked == 2 }
        #expect(near.unlinked == 1)
    }

    @Test @Aside func `a peer that takes nothing is cut off`() throws {
        let (near, far) = try pair { $0.pendingBytes = 1 << 20 }
        let lines = [[UInt8](repeating: 0x78, count: 1 << 18)]
        try turn(near) {
            near.links.send(line(1), lines, to: far.address)
            return near.unlinked == 1
        }
        #expect(near.said(.info, "takes less than it is sent") == 1)
    }

    @Test @Aside func `dropped and broken in the same turn, a link ends once`() throws {
        let (near, far) = try pair()
        far.links.stop()
        near.links.send(line(1), [], to: far.address)
        near.links.endOutgoing()
        near.dial()
        for _ in 0..<5 { near.turn() }
        #expect(near.unlinked == 1)
        #expect(near.links.outgoing.isEmpty)
        #expect(near.links.outgoingKeys.isEmpty)
        #expect(near.loop.watchedCount == 1)
    }

    @Test @Aside func `a name that was looked up for a dropped link connects once`() throws {
        let (near, far) = (try PeerLinksBench("a"), try PeerLinksBench("b"))
        let name = "localhost:\(try #require(Address(far.address)).port)"
        let found = try #require(Address(far.address)).resolved()
        near.dial(name)
        near.turn()
        near.links.endOutgoing()
        near.links.resolved(name, found, at: SystemClock.now())
        near.dial(name)
        near.turn()
        #expect(near.asked.withLock { $0 } == [name, name])
        near.links.resolved(name, found, at: SystemClock.now())
        near.links.resolved(name, found, at: SystemClock.now())
        #expect(near.links.outgoingKeys.count == 1)
        try turn(near, far) { !far.events.isEmpty }
        far.welcomeAll()
        try turn(near, far) { near.linked == 1 }
    }

    @Test @Aside func `each attempt takes the next address of a name`() throws {
        let (near, far) = (try PeerLinksBench("a"), try PeerLinksBench("b"))
        let nobody = try ReservedPort()
        let dead = try #require(Address(nobody.address)).resolved()
        let found = dead + (try #require(Address(far.address)).resolved())
        near.dial("somewhere:1")
        try turn(near, far) {
            let asked = near.asked.withLock { asked in
                defer { asked = [] }
                return asked
            }
            for name in asked { near.links.resolved(name, found, at: SystemClock.now()) }
            return !far.events.isEmpty
        }
    }

    @Test @Aside func `who says no hello, or something else, is closed`() throws {
        let bench = try PeerLinksBench("a", hasty)
        let silent = try RawClient(bench.address)
        let loud = try RawClient(bench.address)
        try loud.send("GET / HTTP/1.1\r\n\r\n")
        let early = try RawClient(bench.address)
        try early.send(PeerMessage.read(id: 1).line)
        try turn(bench) { loud.hasEnded && early.hasEnded && silent.hasEnded }
        #expect(bench.links.incoming.isEmpty)
        #expect(bench.events.isEmpty)
        #expect(bench.said(.warning, "what is no message") == 1)
    }

    @Test @Aside func `a refused peer that does not close is closed`() throws {
        let bench = try PeerLinksBench("a", hasty)
        let peer = try RawClient(bench.address)
        try peer.send(PeerMessage.hello(bench.hello).line)
        try turn(bench) { !bench.events.isEmpty }
        guard case .hello(let link, _) = bench.events[0] else { return }
        let refusal = LinkRefusal(code: "c", message: "m")
        bench.links.answer(link, .refused(refusal), thenEnd: true, at: SystemClock.now())
        try turn(bench) { bench.links.incoming.isEmpty }
        #expect(try peer.readAll().contains("refused"))
        #expect(bench.ended == 1)
    }

    @Test @Aside func `connections beyond the limit are closed, the oldest first`() throws {
        let bench = try PeerLinksBench("a") {
            $0.incoming = 2
        }
        let clients = try (0..<3).map { _ in try RawClient(bench.address) }
        try turn(bench) { clients[0].hasEnded }
        #expect(bench.links.incoming.count == 2)
    }

    @Test @Aside func `entries of more bytes than any leader sends end the connection`() throws {
        var reader = PeerReader()
        let batch = EntryBatch(
            first: LogIndex(1),
            terms: [TermRun(term: Term(1), count: 40)],
            bytes: 1
        )
        let append = Append(
            term: Term(1),
            previous: .zero,
            entries: batch,
            commit: .zero,
            round: AppendRound(1),
            session: ReplicationSession(1)
        )
        let message = PeerMessage.consensus(.append(append), clock: Timestamp(milliseconds: 1))
        reader.receive(message.line[...])
        var entry = [UInt8](repeating: 0x78, count: 2 << 20)
        entry.append(UInt8(ascii: "\n"))
        #expect(throws: LineError.self) {
            for _ in 0..<40 {
                reader.receive(entry[...])
                _ = try reader.next()
            }
        }
    }
}
