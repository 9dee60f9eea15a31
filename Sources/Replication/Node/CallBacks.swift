/// The addresses of nodes that are no members and are dialled all the same, so that they can be
/// answered: those that want to join, and those whose log or whose caller's log is behind.
///
/// A hello may name any address, so a minute has room for few new ones: nobody scans a network with
/// the help of this node.
struct CallBacks: Sendable {
    /// How many new addresses there are in a period.
    static let limit = 16
    private static let period = Duration.seconds(60)

    private var begun: [String: Instant] = [:]

    /// Whether an address is one that may be dialled.
    func contains(_ address: String) -> Bool { begun[address] != nil }

    /// Notes that somebody says to be reached there, if there is room.
    mutating func note(_ address: String, at now: Instant) {
        guard begun[address] == nil,
            begun.values.count(where: { now < $0 + Self.period }) < Self.limit
        else { return }
        begun[address] = now
    }

    /// Forgets the addresses of a period ago where nobody is who is connected.
    mutating func forget(at now: Instant, unless isConnected: (String) -> Bool) {
        begun = begun.filter { now < $0.value + Self.period || isConnected($0.key) }
    }
}
