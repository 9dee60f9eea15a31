#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Names a watched socket; given by the owner of the loop, never reused.
///
/// A descriptor's number is reused at once, so a readiness that was found before a close could
/// otherwise reach the connection that came after it.
package struct PollKey: Hashable, Sendable {
    /// The number.
    package var value: UInt64
    /// Creates a key.
    package init(_ value: UInt64) { self.value = value }
}

/// What to wait for on a socket.
package struct Interest: OptionSet, Hashable, Sendable {
    /// The bits, for `OptionSet`.
    package let rawValue: UInt8
    /// Creates a set from its bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Bytes, a connection, or the end.
    package static let read = Interest(rawValue: 1)
    /// Room for bytes, or the outcome of connecting.
    package static let write = Interest(rawValue: 2)
}

/// A watched socket that can be read or written.
///
/// A broken one counts as both, if it is watched at all: the call then says what is wrong.
package struct Readiness: Hashable, Sendable {
    /// Which.
    package var key: PollKey
    /// What it is ready for.
    package var interest: Interest
}

/// The set of watched sockets, kept between turns.
///
/// An idle socket in the set costs 0.1 to 0.2 µs a turn, so one that is only written belongs in
/// it only while a write would block.
struct Poller {
    /// The kernel's view; the order does not matter.
    private var polled: [pollfd] = []
    /// The key of each element of `polled`.
    private var keys: [PollKey] = []
    /// By descriptor: its place in `polled`, or -1.
    private var places: [Int32] = []

    /// Number of watched sockets.
    var count: Int { polled.count }

    /// Adds a socket, or changes what it is watched for; an empty interest takes it out.
    ///
    /// - Complexity: O(1).
    mutating func set(_ interest: Interest, for descriptor: Int32, as key: PollKey) {
        guard !interest.isEmpty else { return remove(descriptor) }
        var events: Int32 = 0
        if interest.contains(.read) { events |= Int32(POLLIN) }
        if interest.contains(.write) { events |= Int32(POLLOUT) }
        if let place = place(of: descriptor) {
            polled[place].events = Int16(events)
            keys[place] = key
            return
        }
        let index = Int(descriptor)
        while places.count <= index { places.append(-1) }
        places[index] = Int32(polled.count)
        polled.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
        keys.append(key)
    }

    /// Takes a socket out; must be done before it is closed.
    ///
    /// - Complexity: O(1): the last one takes its place.
    mutating func remove(_ descriptor: Int32) {
        guard let place = place(of: descriptor) else { return }
        places[Int(descriptor)] = -1
        let last = polled.removeLast()
        let lastKey = keys.removeLast()
        guard place < polled.count else { return }
        polled[place] = last
        keys[place] = lastKey
        places[Int(last.fd)] = Int32(place)
    }

    /// Waits until a socket is ready or the time is over, and puts the ready ones into `ready`.
    ///
    /// A negative time waits without end.
    mutating func wait(milliseconds: Int32, into ready: inout [Readiness]) {
        ready.removeAll(keepingCapacity: true)
        var left = unsafe poll(&polled, nfds_t(polled.count), milliseconds)
        // Out of memory for a moment, or a signal: nothing is ready, and the next turn asks again.
        guard left > 0 else { return }
        for place in polled.indices where polled[place].revents != 0 {
            ready.append(Readiness(key: keys[place], interest: interest(at: place)))
            left -= 1
            if left == 0 { return }
        }
    }

    private func interest(at place: Int) -> Interest {
        let found = Int32(polled[place].revents)
        let isBroken = found & Int32(POLLERR | POLLHUP | POLLNVAL) != 0
        var interest: Interest = []
        if isBroken || found & Int32(POLLIN) != 0 { interest.insert(.read) }
        if isBroken || found & Int32(POLLOUT) != 0 { interest.insert(.write) }
        return interest
    }

    private func place(of descriptor: Int32) -> Int? {
        guard descriptor >= 0, Int(descriptor) < places.count else { return nil }
        let place = places[Int(descriptor)]
        return place < 0 ? nil : Int(place)
    }
}
