internal import Storage

/// How the time of one call is shared out among its tries.
///
/// A server that drops packets or hangs costs its share, and what is left is for the others, however
/// short the whole time is.
struct AttemptTimes: Sendable {
    /// What a request has at least, if the call has it: a login takes a fifth of a second.
    private static let shortestRequest = Duration.milliseconds(500)
    /// With less than this a request that changes something is not sent again: its answer would come
    /// too late, and turn a certain refusal into an unknown outcome.
    static let leastForRetry = Duration.milliseconds(300)

    let deadline: Instant
    let longestRequest: Duration

    /// When connecting has to be done, with so many servers that were not tried yet, this one
    /// among them.
    func connectLimit(at now: Instant, untried: Int) -> Instant {
        now + share(at: now, untried)
    }

    /// When a request has to be answered.
    func requestLimit(at now: Instant, untried: Int) -> Instant {
        let length = min(longestRequest, max(share(at: now, untried), Self.shortestRequest))
        return min(deadline, now + length)
    }

    private func share(at now: Instant, _ untried: Int) -> Duration {
        max(deadline - now, .zero) / max(untried, 1)
    }

    /// For how long a server is asked to wait for a leader, so that its answer, which may say that
    /// nothing was done, comes before the limit.
    static func serverPatience(_ length: Duration) -> Duration {
        let reserve = min(max(length / 8, .milliseconds(100)), .milliseconds(400), length / 2)
        return max(length - reserve, .milliseconds(1))
    }
}
