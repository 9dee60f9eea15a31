import Storage

/// A connection from another node.
final class IncomingLink {
    /// In whose name somebody speaks: a node has two connections, one of them for snapshots.
    struct Speaker: Hashable {
        var node: NodeIdentity
        var cluster: String?
        var isBulk: Bool

        init(_ hello: Hello) {
            node = hello.from
            cluster = hello.cluster
            isBulk = hello.isBulk
        }
    }

    let link: LinkID
    let connection: Connection
    var reader = PeerReader(allowance: .hello)
    /// What it said first.
    var hello: Hello?
    /// Whether the node knows of it; until then it may be a second one in the same name.
    var isAdmitted = false
    /// Whether the node says that it may take more memory than a stranger's.
    var isTrusted = false
    /// When a hello, or after a refusal the other side's end, is too late.
    var deadline: Instant?

    init(_ connection: Connection, deadline: Instant) {
        link = LinkID(connection.key.value)
        self.connection = connection
        self.deadline = deadline
    }

    var speaker: Speaker? { hello.map { Speaker($0) } }
}
