import Storage

/// A connection from another node.
final class IncomingLink {
    let link: LinkID
    let connection: Connection
    var reader = PeerReader(takesAll: false)
    var didHello = false
    /// When a hello, or after a refusal the other side's end, is too late.
    var deadline: Instant?

    init(_ connection: Connection, deadline: Instant) {
        link = LinkID(connection.key.value)
        self.connection = connection
        self.deadline = deadline
    }
}
