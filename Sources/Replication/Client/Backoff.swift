/// How long a client waits between rounds over the servers.
///
/// Longer each time, and never quite as long as another client: they all lost the same server.
struct Backoff {
    private static let shortest = Duration.milliseconds(20)
    private static let longest = Duration.milliseconds(400)
    private var next = Backoff.shortest
    private var failures = 0

    /// A try failed; how long to wait before the next one, if at all: not before all servers were
    /// tried.
    mutating func pause(afterFailureOfOneOf servers: Int) -> Duration? {
        failures += 1
        guard failures >= servers else { return nil }
        failures = 0
        let length = next
        next = min(next * 2, Self.longest)
        return length * Int.random(in: 50...100) / 100
    }

    /// Something worked.
    mutating func reset() { self = Backoff() }
}
