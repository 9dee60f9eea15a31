import Replication
import TestSupport
import Testing

@Suite struct InterruptTests {
    private static let past = Instant(nanoseconds: 0)

    @Test @Aside func `what is there when the time is over was in time`() throws {
        let interrupt = try Interrupt()
        let listener = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
        let descriptor = listener.descriptors[0]
        #expect(interrupt.wait(for: .read, on: descriptor, until: Self.past) == .timedOut)
        let dialled = try Socket.connecting(
            to: Address(host: "127.0.0.1", port: listener.port).resolved()[0]
        )
        // Until the connection is made, the listener has nobody to take.
        let deadline = SystemClock.now() + .seconds(60)
        #expect(interrupt.wait(for: .read, on: descriptor, until: deadline) == .ready)
        #expect(interrupt.wait(for: .read, on: descriptor, until: Self.past) == .ready)
        let hasEnded = dialled.hasEnded()
        #expect(!hasEnded)
    }

    @Test @Aside func `a signal that came in time is told when the time is over`() throws {
        let interrupt = try Interrupt()
        interrupt.signal()
        #expect(interrupt.wait(for: .read, on: nil, until: Self.past) == .interrupted)
        #expect(interrupt.wait(for: .read, on: nil, until: Self.past) == .timedOut)
    }
}
