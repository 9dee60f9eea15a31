import Storage

/// The clocks of a host: a monotonic one that may run a little fast or slow, and one on the wall
/// that may be wrong and jump.
struct SimulatedClock {
    /// What the wall clock is ahead of the others at the start, and what a script let pass at once.
    var wallOffset: Duration
    /// How much faster than the virtual time both run, in parts per million.
    let drift: Int64
    /// What somebody has set the wall clock ahead or back since.
    var jump = Duration.zero

    func moment(at now: Instant) -> Moment {
        Moment(instant: local(now), wall: goodTime(at: now) + jump)
    }

    /// What the wall clock says if nobody has set it wrong.
    func goodTime(at now: Instant) -> Timestamp {
        let local = local(now)
        let wall = Timestamp(milliseconds: 1_763_697_600_000 + local.nanoseconds / 1_000_000)
        return wall + wallOffset
    }

    /// What the monotonic clock says at a virtual time.
    func local(_ now: Instant) -> Instant {
        Instant(nanoseconds: now.nanoseconds + now.nanoseconds / 1_000_000 * drift)
    }

    /// The first virtual time at which the monotonic clock says this, or a little later.
    func virtual(_ local: Instant) -> Instant {
        guard drift != 0 else { return local }
        var found = Instant(
            nanoseconds: local.nanoseconds - local.nanoseconds / 1_000_000 * drift
        )
        // The estimate is wrong by the square of the drift.
        while self.local(found) < local {
            found = found + .nanoseconds(max(1_000, (local - self.local(found)).nanoseconds))
        }
        return found
    }
}
