import Storage
import TestSupport
import Testing

@testable import Replication

/// Connections over which nothing moves any more.
@Suite struct PeerLinksStallTests {
    private func pair(
        _ change: (inout PeerLimits) -> Void
    ) throws -> (PeerLinksBench, PeerLinksBench) {
        let (near, far) = (try PeerLinksBench("a", change), try PeerLinksBench("b"))
        near.dial(far.address)
        try turn(near, far) { !far.events.isEmpty }
        far.welcomeAll()
        try turn(near, far) { near.linked == 1 }
        far.events.removeAll()
        return (near, far)
    }

    private static let line = PeerMessage.read(id: 1).line
    /// A message of 256 KiB.
    private static let large = PeerMessage.snapshot(
        SnapshotPiece(
            term: Term(1),
            position: LogPosition(index: LogIndex(9), term: Term(1)),
            bytes: 1 << 18,
            offset: 0,
            lines: 1
        )
    ).line
    private static let lines = [[UInt8](repeating: 0x78, count: (1 << 18) - 1) + [0x0A]]

    private func received(_ bench: PeerLinksBench) -> Int {
        bench.events.count { if case .message(_, .read, _) = $0 { true } else { false } }
    }

    /// The other side reads nothing until it is given up, as a path that swallows everything; then
    /// it is dialled anew, and what is sent arrives.
    @Test @Aside func `a link on which nothing is acknowledged is dialled anew`() throws {
        let (near, far) = try pair { $0.stall = .milliseconds(200) }
        // More than the buffers of both sockets hold, and less than a peer is cut off at.
        for _ in 0..<128 { near.links.send(Self.large, Self.lines, to: far.address) }
        try turn(near) { near.unlinked == 1 }
        #expect(near.said(.info, "nothing that is sent is acknowledged") == 1)
        try turn(near, far) {
            far.events.contains { if case .hello = $0 { true } else { false } }
        }
        far.welcomeAll()
        try turn(near, far) { near.linked == 2 }
        far.events.removeAll()
        near.links.send(Self.line, [], to: far.address)
        try turn(near, far) { received(far) == 1 }
        #expect(near.unlinked == 1)
    }

    @Test @Aside func `a link that is slow but moves is kept`() throws {
        let (near, far) = try pair { $0.stall = .seconds(1) }
        for _ in 0..<128 { near.links.send(Self.large, Self.lines, to: far.address) }
        // A read of 256 KiB each 20 ms: some 3 s for all.
        var next = SystemClock.now()
        try turn(near) {
            if next <= SystemClock.now() {
                far.turn()
                next = SystemClock.now() + .milliseconds(20)
            }
            return near.links.outgoing.values.allSatisfy {
                $0.connection?.unacknowledgedBytes == 0
            }
        }
        #expect(near.unlinked == 0)
    }

    @Test @Aside func `an idle link is not looked at`() throws {
        let (near, far) = try pair { $0.stall = .seconds(1) }
        near.links.send(Self.line, [], to: far.address)
        try turn(near, far) { received(far) == 1 && near.links.nextDeadline == nil }
        #expect(near.unlinked == 0)
    }

    /// The listener's queue is full, so that the system drops what would connect, as a path does
    /// that swallows all.
    @Test @Aside func `a connection that is not made in time is tried anew at once`() throws {
        let near = try PeerLinksBench("a") {
            $0.connecting = .milliseconds(50)
            $0.longestPause = .seconds(60)
            $0.firstPause = .milliseconds(1)
        }
        let any = try #require(Address("127.0.0.1:0")?.resolved().first)
        let listener = try Listener(on: any, backlog: 0)
        let target = try #require(Address("127.0.0.1:\(listener.port)")?.resolved().first)
        let first = try Socket.connecting(to: target)
        near.dial("127.0.0.1:\(listener.port)")
        try turn(near) { near.said(.debug, "no connection") >= 8 }
        #expect(near.said(.info, "no connection") == 1)
        #expect(first.descriptor != listener.descriptors[0])
    }
}
