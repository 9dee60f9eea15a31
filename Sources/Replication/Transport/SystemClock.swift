#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The clocks and the randomness of the machine, as the replica and the client take them.
package enum SystemClock {
    /// The moment, by a clock that goes on while the machine sleeps.
    package static func now() -> Instant {
        #if canImport(Darwin)
        Instant(nanoseconds: read(CLOCK_MONOTONIC_RAW))
        #else
        Instant(nanoseconds: read(CLOCK_BOOTTIME))
        #endif
    }

    /// The time of day; it may jump.
    package static func wallTime() -> Timestamp {
        Timestamp(milliseconds: read(CLOCK_REALTIME) / 1_000_000)
    }

    /// Both clocks, read one after the other.
    static func moment() -> Moment { Moment(instant: now(), wall: wallTime()) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        let code = unsafe clock_gettime(clock, &time)
        precondition(code == 0, "clock_gettime: \(errno)")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Entropy {
    /// 64 bytes of the system's generator.
    package static func system() -> Entropy { Entropy(randomBytes(64)) }

    /// 64 bits of the system's generator.
    package static func randomWord() -> UInt64 {
        randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Bytes of the system's generator, at most 256.
    package static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let code = unsafe getentropy(&bytes, count)
        precondition(code == 0, "getentropy: \(errno)")
        return bytes
    }
}
