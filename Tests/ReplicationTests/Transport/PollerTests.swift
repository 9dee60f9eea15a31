import Replication
import TestSupport
import Testing

@Suite struct PollerTests {
    @Test @Aside func `the set follows adds, changes and removals in any order`() throws {
        let loop = try EventLoop()
        let listeners = try (0..<8).map { _ in try Held() }
        var generator = SystemRandomNumberGenerator()
        var watched: Set<Int> = []
        for _ in 0..<2_000 {
            let index = Int.random(in: 0..<8, using: &generator)
            if Bool.random(using: &generator) {
                loop.watch(
                    listeners[index].descriptor,
                    for: .read,
                    as: PollKey(UInt64(index))
                )
                watched.insert(index)
            } else {
                loop.unwatch(listeners[index].descriptor)
                watched.remove(index)
            }
            #expect(loop.watchedCount == watched.count)
        }
        let dialled = try listeners.map { try $0.dial() }
        #expect(dialled.count == 8)
        var seen: Set<Int> = []
        let deadline = SystemClock.now() + .seconds(120)
        loop.run { ready in
            for each in ready { seen.insert(Int(each.key.value)) }
            if seen == watched || SystemClock.now() > deadline { loop.close() }
            return SystemClock.now() + .milliseconds(20)
        }
        #expect(seen == watched)
    }
}

/// Arrays hold no `~Copyable` values.
private final class Held {
    private let listener: Listener
    init() throws {
        listener = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
    }
    var descriptor: Int32 { listener.descriptors[0] }
    func dial() throws -> Dialled { try Dialled(port: listener.port) }
}

private final class Dialled {
    private let socket: Socket
    init(port: UInt16) throws {
        socket = try Socket.connecting(
            to: Address(host: "127.0.0.1", port: port).resolved()[0]
        )
    }
}
