/// A listener on a loop that takes all that wait, and pauses when descriptors run out.
package final class Acceptor {
    /// How long it pauses: a listener without a descriptor to accept into stays readable, and
    /// would keep the loop spinning.
    package static let pause = Duration.milliseconds(100)

    /// Names it on the loop.
    package let key: PollKey
    /// The port that it listens on.
    package let port: UInt16
    /// When ``resume(at:)`` wants to be called, if it pauses.
    package private(set) var resumesAt: Instant?
    /// Nil once it was stopped.
    private var listener: Listener?
    private let loop: EventLoop

    /// Takes a listener, whose connections wait until ``begin()``.
    package init(_ listener: consuming Listener, key: PollKey, on loop: EventLoop) {
        port = listener.port
        self.key = key
        self.loop = loop
        self.listener = consume listener
    }

    /// Puts the listener on the loop; on its thread.
    ///
    /// Nobody may find it there who takes nothing: it would stay readable, and keep the loop
    /// spinning.
    package func begin() {
        for descriptor in listener?.descriptors ?? [] {
            loop.watch(descriptor, for: .read, as: key)
        }
    }

    /// Takes all connections that wait.
    package func accept(at now: Instant, _ take: (consuming Socket) -> Void) {
        while true {
            switch listener?.accept() ?? .none {
            case .socket(let socket): take(socket)
            case .none: return
            case .exhausted:
                unwatch()
                resumesAt = now + Self.pause
                return
            }
        }
    }

    /// Listens again, if the pause is over; call when ``resumesAt`` has come.
    package func resume(at now: Instant) {
        guard let moment = resumesAt, moment <= now else { return }
        resumesAt = nil
        begin()
    }

    /// Takes no more and closes the socket, so that who connects is refused at once and goes
    /// elsewhere; calling it again does nothing.
    package func stop() {
        resumesAt = nil
        unwatch()
        listener = nil
    }

    private func unwatch() {
        for descriptor in listener?.descriptors ?? [] { loop.unwatch(descriptor) }
    }
}
