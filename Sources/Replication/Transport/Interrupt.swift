#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Waits for one socket at a time, on a thread that may block, until another thread interrupts.
///
/// For clients: a cancelled task must not sit out its deadline.
package final class Interrupt: Sendable {
    private let pipe: WakePipe

    /// Creates an interrupt that has not been given.
    package init() throws(SocketError) { pipe = try WakePipe() }

    /// Ends a wait that is under way, or the next one; from any thread.
    package func signal() { pipe.signal() }

    /// Why a wait ended.
    package enum Outcome: Hashable, Sendable {
        /// The socket is ready.
        case ready
        /// The time is over.
        case timedOut
        /// ``signal()`` was called; the socket may be ready as well.
        case interrupted
    }

    /// Why a wait for several sockets ended.
    package enum OutcomeOfMany: Hashable, Sendable {
        /// The sockets at these places are ready.
        case ready([Int])
        /// The time is over.
        case timedOut
        /// ``signal()`` was called; sockets may be ready as well.
        case interrupted
    }

    /// Waits for a socket, or for time to pass if there is none.
    package func wait(
        for interest: Interest,
        on descriptor: Int32?,
        until deadline: Instant
    ) -> Outcome {
        let descriptors = descriptor.map { [$0] } ?? []
        return switch waitForAny(of: descriptors, for: interest, until: deadline) {
        case .ready: .ready
        case .timedOut: .timedOut
        case .interrupted: .interrupted
        }
    }

    /// Waits for the first of several sockets.
    package func waitForAny(
        of descriptors: [Int32],
        for interest: Interest,
        until deadline: Instant
    ) -> OutcomeOfMany {
        let events = Int16(interest.contains(.read) ? POLLIN : POLLOUT)
        var polled = [pollfd(fd: pipe.descriptor, events: Int16(POLLIN), revents: 0)]
        polled += descriptors.map { pollfd(fd: $0, events: events, revents: 0) }
        while true {
            // The sockets are looked at after the clock, so what came in time is never too late.
            let left = deadline - SystemClock.now()
            let milliseconds =
                left > .zero ? Int32(clamping: (left.nanoseconds - 1) / 1_000_000 + 1) : 0
            guard unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0 else {
                if left <= .zero { return .timedOut }
                continue
            }
            if polled[0].revents != 0 {
                pipe.drain()
                return .interrupted
            }
            return .ready(descriptors.indices.filter { polled[$0 + 1].revents != 0 })
        }
    }
}
