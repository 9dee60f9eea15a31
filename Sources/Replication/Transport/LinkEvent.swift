import Storage

/// What happens on the connections between nodes; the node's inputs are made of it.
enum LinkEvent: Sendable {
    /// Another node dialled this one and said hello.
    case hello(LinkID, Hello)
    /// A connection that this node dialled is ready: the other side said welcome.
    case linked(address: String, Hello)
    /// A connection that this node dialled ended, or was refused.
    case unlinked(address: String)
    /// A connection from another node ended.
    case linkEnded(LinkID)
    /// A message over a connection from another node, with the lines that follow an append.
    case message(LinkID, PeerMessage, lines: [[UInt8]])
}
