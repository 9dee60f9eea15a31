import Storage
import TestSupport
import Testing

@testable import Replication

/// The connection that pieces of snapshots have for themselves.
@Suite struct PeerLinksBulkTests {
    private static let position = LogPosition(index: LogIndex(9), term: Term(1))

    /// A piece with a line of this length.
    private func send(_ bytes: Int, from near: PeerLinksBench, to far: PeerLinksBench) {
        let piece = SnapshotPiece(
            term: Term(1),
            position: Self.position,
            bytes: bytes,
            offset: 0,
            lines: 1
        )
        let line = [UInt8](repeating: 0x78, count: bytes - 1) + [0x0A]
        near.links.sendBulk(
            PeerMessage.snapshot(piece).line,
            [line],
            to: far.address,
            at: SystemClock.now()
        )
    }

    private func linked(
        _ change: (inout PeerLimits) -> Void = { _ in }
    ) throws -> (PeerLinksBench, PeerLinksBench) {
        let (near, far) = (try PeerLinksBench("a", change), try PeerLinksBench("b"))
        near.dial(far.address)
        try turn(near, far) { !far.events.isEmpty }
        far.welcomeAll()
        try turn(near, far) { near.linked == 1 }
        far.events.removeAll()
        return (near, far)
    }

    private func pieces(_ bench: PeerLinksBench) -> [Int] {
        bench.events.compactMap {
            guard case .message(_, .snapshot(let piece), let lines) = $0 else { return nil }
            return lines.first?.count == piece.bytes ? piece.bytes : nil
        }
    }

    private func reads(_ bench: PeerLinksBench) -> [UInt64] {
        bench.events.compactMap {
            if case .message(_, .read(let id), _) = $0 { id } else { nil }
        }
    }

    private func isBulk(_ bench: PeerLinksBench) -> [Bool] {
        bench.events.compactMap {
            if case .hello(_, let hello) = $0 { hello.isBulk } else { nil }
        }
    }

    @Test @Aside func `a piece waits for its own connection, which the node does not hear of`()
        throws
    {
        let (near, far) = try linked()
        send(1_000, from: near, to: far)
        try turn(near, far) { !isBulk(far).isEmpty }
        #expect(isBulk(far) == [true])
        far.welcomeAll()
        try turn(near, far) { pieces(far) == [1_000] }
        send(2_000, from: near, to: far)
        try turn(near, far) { pieces(far) == [1_000, 2_000] }
        #expect(near.linked == 1 && near.unlinked == 0)
        #expect(isBulk(far) == [true])
    }

    @Test @Aside func `messages overtake a piece that takes long`() throws {
        let (near, far) = try linked()
        send(1_000, from: near, to: far)
        try turn(near, far) { !isBulk(far).isEmpty }
        far.welcomeAll()
        try turn(near, far) { pieces(far) == [1_000] }
        // More than the buffers of the two sockets hold, and nobody reads it yet.
        send(48 << 20, from: near, to: far)
        for _ in 0..<20 { near.turn() }
        near.links.send(PeerMessage.read(id: 7).line, [], to: far.address)
        try turn(near, far) { reads(far) == [7] }
        #expect(pieces(far) == [1_000])
        try turn(near, far) { pieces(far) == [1_000, 48 << 20] }
    }

    @Test @Aside func `what is asked for again while it goes out does not pile up`() throws {
        let (near, far) = try linked()
        send(1_000, from: near, to: far)
        try turn(near, far) { !isBulk(far).isEmpty }
        far.welcomeAll()
        try turn(near, far) { pieces(far) == [1_000] }
        for _ in 0..<5 {
            send(16 << 20, from: near, to: far)
            near.turn()
        }
        try turn(near, far) { pieces(far).count == 2 }
        for _ in 0..<20 { _ = (near.turn(), far.turn()) }
        send(2_000, from: near, to: far)
        try turn(near, far) { pieces(far).last == 2_000 }
        #expect(pieces(far) == [1_000, 16 << 20, 2_000])
    }

    @Test @Aside func `a connection for snapshots that is not used ends, and is made again`() throws
    {
        let (near, far) = try linked { $0.bulkIdle = .seconds(2) }
        for round in 1...2 {
            far.events.removeAll()
            send(1_000 * round, from: near, to: far)
            try turn(near, far) { !isBulk(far).isEmpty }
            far.welcomeAll()
            try turn(near, far) { pieces(far) == [1_000 * round] }
            try turn(near, far) { near.links.outgoing.count == 1 && far.ended >= 1 }
        }
        #expect(near.linked == 1 && near.unlinked == 0)
    }

    @Test @Aside func `who is dialled no more is sent no pieces`() throws {
        let (near, far) = try linked()
        send(1_000, from: near, to: far)
        #expect(near.links.outgoing.count == 2)
        near.dial()
        #expect(near.links.outgoing.isEmpty)
        send(1_000, from: near, to: far)
        #expect(near.links.outgoing.isEmpty)
    }
}
