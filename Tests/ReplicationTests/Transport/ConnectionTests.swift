import Glibc
import Replication
import TestSupport
import Testing

/// A listener, and what came of the connections, driven by hand in the test's thread.
private final class Wire {
    let loop: EventLoop
    let acceptor: Acceptor
    var connections: [PollKey: Connection] = [:]
    var received: [PollKey: [UInt8]] = [:]
    var ended: Set<PollKey> = []
    var broken: Set<PollKey> = []
    private var nextKey: UInt64 = 2
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init() throws {
        loop = try EventLoop()
        let address = try Address(host: "127.0.0.1", port: 0).resolved()[0]
        acceptor = Acceptor(try Listener(on: address), key: PollKey(1), on: loop)
        acceptor.begin()
    }

    func add(_ socket: consuming Socket, isConnecting: Bool) -> Connection {
        let key = PollKey(nextKey)
        nextKey += 1
        let connection = Connection(
            socket,
            key: key,
            on: loop,
            at: SystemClock.now(),
            isConnecting: isConnecting,
            highWaterBytes: 1 << 16
        )
        connections[key] = connection
        return connection
    }

    func dial(port: UInt16? = nil) throws -> Connection {
        let address = try Address(host: "127.0.0.1", port: port ?? acceptor.port).resolved()[0]
        return add(try Socket.connecting(to: address), isConnecting: true)
    }

    /// Runs turns until `isDone`; false if that takes too long.
    func run(until isDone: () -> Bool) -> Bool {
        let deadline = SystemClock.now() + .seconds(120)
        var isOver = false
        loop.run { ready in
            for each in ready { handle(each) }
            isOver = isDone()
            if isOver || SystemClock.now() > deadline { loop.close() }
            return SystemClock.now() + .milliseconds(50)
        }
        return isOver
    }

    private func handle(_ ready: Readiness) {
        let now = SystemClock.now()
        if ready.key == acceptor.key {
            acceptor.accept(at: now) { socket in _ = add(socket, isConnecting: false) }
        }
        guard let connection = connections[ready.key] else { return }
        if ready.interest.contains(.write) {
            if (try? connection.finishConnecting()) == nil { return end(connection) }
            if case .failed = connection.flush() { return end(connection) }
        }
        guard ready.interest.contains(.read) else { return }
        let result = connection.receive(into: &buffer, at: now) { bytes in
            received[ready.key, default: []].append(contentsOf: bytes)
        }
        if case .failed = result { broken.insert(connection.key) }
        if result != .open { end(connection) }
    }

    private func end(_ connection: Connection) {
        ended.insert(connection.key)
        connection.close()
    }

    /// The connection that was accepted.
    var accepted: Connection? {
        connections.values.first { !dialled.contains($0.key) }
    }
    var dialled: Set<PollKey> = []
}

@Suite(.timeLimit(.minutes(20))) struct ConnectionTests {
    @Test @Aside func `bytes arrive whole and in order in both directions`() throws {
        let wire = try Wire()
        let dialled = try wire.dial()
        wire.dialled = [dialled.key]
        let question = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        dialled.output = question
        var hasAnswered = false
        let isOver = wire.run {
            guard let accepted = wire.accepted else { return false }
            if !hasAnswered, wire.received[accepted.key]?.count == question.count {
                accepted.output.append(contentsOf: "done".utf8)
                accepted.flush()
                hasAnswered = true
            }
            return wire.received[dialled.key] == Array("done".utf8)
        }
        #expect(isOver)
        let accepted = try #require(wire.accepted)
        #expect(wire.received[accepted.key] == question)
    }

    @Test @Aside func `an idle event stream is not in the poll set, and its end is found`() throws {
        let wire = try Wire()
        let dialled = try wire.dial()
        wire.dialled = [dialled.key]
        var phase = 0
        let isOver = wire.run {
            guard let accepted = wire.accepted else { return false }
            switch phase {
            case 0:
                #expect(wire.loop.watchedCount == 3)
                accepted.isWriteOnly = true
                #expect(wire.loop.watchedCount == 2)
                #expect(!accepted.hasEnded())
                dialled.close()
                phase = 1
                return false
            default: return accepted.hasEnded()
            }
        }
        #expect(isOver)
    }

    @Test @Aside func `reading stops while too much output waits`() throws {
        let wire = try Wire()
        let dialled = try wire.dial()
        wire.dialled = [dialled.key]
        var isStuffed = false
        let isOver = wire.run {
            guard let accepted = wire.accepted else { return false }
            if !isStuffed {
                // The other side does not read, so this cannot all be sent.
                dialled.isPaused = true
                accepted.output = [UInt8](repeating: 1, count: 32 << 20)
                #expect(accepted.flush() == .blocked)
                dialled.output = [2]
                dialled.flush()
                isStuffed = true
                return false
            }
            if wire.received[accepted.key] == nil, accepted.pendingBytes > 1 << 16 {
                dialled.isPaused = false
                return false
            }
            #expect(accepted.pendingBytes <= 1 << 16)
            return wire.received[accepted.key] == [2]
        }
        #expect(isOver)
    }

    @Test @Aside func `a finished connection still delivers its last answer`() throws {
        let wire = try Wire()
        let dialled = try wire.dial()
        wire.dialled = [dialled.key]
        var hasFinished = false
        let isOver = wire.run {
            guard let accepted = wire.accepted else { return false }
            if !hasFinished {
                // Unread input would make a plain close reset the connection.
                dialled.output = [UInt8](repeating: 3, count: 1 << 20)
                dialled.flush()
                accepted.output = Array("bye".utf8)
                accepted.finish()
                hasFinished = true
            }
            return wire.ended.contains(dialled.key)
        }
        #expect(isOver)
        #expect(wire.received[dialled.key] == Array("bye".utf8))
        #expect(wire.broken.isEmpty)
    }

    @Test @Aside func `nobody listening is an error of connecting`() throws {
        let wire = try Wire()
        let port = wire.acceptor.port
        wire.acceptor.stop()
        let free = try Wire()
        let freePort = free.acceptor.port
        #expect(port != freePort)
        let closed: UInt16 = try {
            let listener = try Listener(
                on: Address(host: "127.0.0.1", port: 0).resolved()[0]
            )
            return listener.port
        }()
        let dialled = try free.dial(port: closed)
        #expect(free.run { free.ended.contains(dialled.key) })
    }

    @Test @Aside func `a port in use is refused`() throws {
        let first = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
        let address = try Address(host: "127.0.0.1", port: first.port).resolved()[0]
        let error = #expect(throws: SocketError.self) { _ = try Listener(on: address) }
        #expect(error?.operation == "bind" || error?.operation == "listen")
    }

    @Test func `out of descriptors the listener pauses and then goes on`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let wire = try Wire()
            let address = try Address(host: "127.0.0.1", port: wire.acceptor.port).resolved()[0]
            let waiting = try Held(address)
            var hoard: [Held] = []
            while let held = try? Held(address) { hoard.append(held) }
            let now = SystemClock.now()
            wire.acceptor.accept(at: now) { _ in }
            #expect(wire.acceptor.resumesAt == now + Acceptor.pause)
            #expect(wire.loop.watchedCount == 0)
            hoard = []
            wire.acceptor.resume(at: now)
            #expect(wire.loop.watchedCount == 0)
            wire.acceptor.resume(at: now + Acceptor.pause)
            var count = 0
            wire.acceptor.accept(at: now) { _ in count += 1 }
            #expect(count > 0)
            #expect(wire.acceptor.resumesAt == nil)
            withExtendedLifetime(waiting) {}
        }
    }
}

/// Arrays hold no `~Copyable` values.
private final class Held {
    private let socket: Socket
    init(_ address: SocketAddress) throws { socket = try Socket.connecting(to: address) }
}
