import Storage

@testable import Replication

/// Links alone, on a loop driven by hand.
final class PeerLinksBench {
    let loop: EventLoop
    let links: PeerLinks
    let address: String
    let identity: NodeIdentity
    /// Names that were to be looked up.
    let asked = Lock([String]())
    /// What came, with ``LinkEvent/linked(address:_:)`` and the like.
    var events: [LinkEvent] = []
    var messages: [(LogLevel, String)] = []

    init(_ name: String = "a", _ change: (inout PeerLimits) -> Void = { _ in }) throws {
        loop = try EventLoop()
        let listener = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
        address = "127.0.0.1:\(listener.port)"
        identity = NodeIdentity(id: name, incarnation: "0123456789abcdef")
        var limits = PeerLimits()
        // Nothing ends here because the machine was busy.
        limits.handshake = .seconds(60)
        limits.connecting = .seconds(60)
        limits.stall = .seconds(60)
        limits.silence = .seconds(60)
        limits.refusedPause = .seconds(60)
        limits.bulkIdle = .seconds(60)
        change(&limits)
        let asked = asked
        var lastKey: UInt64 = 0
        links = PeerLinks(
            listener,
            on: loop,
            limits: limits,
            nextKey: {
                lastKey += 1
                return PollKey(lastKey)
            },
            resolve: { name in asked.withLock { $0.append(name) } }
        )
        links.begin()
    }

    var hello: Hello {
        Hello(
            cluster: "c",
            from: identity,
            peerAddress: address,
            clientAddress: "127.0.0.1:1",
            to: nil
        )
    }

    func dial(_ addresses: String...) {
        let dials = addresses.map { Dial(address: $0, hello: hello) }
        links.dial(dials, at: SystemClock.now())
    }

    /// One turn, as the replica does it.
    func turn(_ milliseconds: Int32 = 1) {
        for ready in loop.poll(milliseconds: milliseconds) {
            _ = links.handle(ready, at: SystemClock.now())
        }
        links.timer(at: SystemClock.now())
        take()
        links.flush(at: SystemClock.now())
        take()
    }

    private func take() {
        events += links.events
        links.events = []
        messages += links.messages
        links.messages = []
    }

    /// Takes whoever said hello.
    func welcomeAll() {
        for case .hello(let link, _) in events {
            links.answer(link, .welcome(hello), thenEnd: false, at: SystemClock.now())
            links.trust(link, true)
        }
    }

    var linked: Int { events.count { if case .linked = $0 { true } else { false } } }
    var unlinked: Int { events.count { if case .unlinked = $0 { true } else { false } } }
    var ended: Int { events.count { if case .linkEnded = $0 { true } else { false } } }
    func said(_ level: LogLevel, _ text: String) -> Int {
        messages.count { $0.0 == level && $0.1.contains(text) }
    }
}

/// Turns all until `isDone`.
func turn(_ benches: PeerLinksBench..., until isDone: () throws -> Bool) throws {
    let limit = SystemClock.now() + .seconds(120)
    while try !isDone() {
        guard SystemClock.now() < limit else { throw NotInTime(description: "not in time") }
        for bench in benches { bench.turn() }
    }
}
