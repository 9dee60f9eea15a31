/// What a node takes of others, and how long it waits for them.
struct PeerLimits: Sendable {
    /// A peer that takes less than it is sent is cut off at this: the core sends it again.
    var pendingBytes = 64 << 20
    /// How long a connection may take to be made; the next attempt follows at once.
    ///
    /// The system repeats an attempt after 1, 3, 7 s and so on; a new one is noticed sooner.
    var connecting = Duration.seconds(1)
    /// How long a connection that is made may take to be welcome, and a refused one to be closed.
    var handshake = Duration.seconds(2)
    /// How long a dialled connection may go without any byte acknowledged before it is dialled anew.
    ///
    /// Five election timeouts. The time doubles up to ``silence``; see ``LinkWatch``.
    var stall = Duration.milliseconds(1_500)
    /// How long a machine may be silent before its connections count as broken.
    var silence = Duration.seconds(5)
    /// What waits at most to be sent over a connection for snapshots, and one message more; what a
    /// snapshot may have on its way.
    var bulkBytes = 4 << 20
    /// How long a connection for snapshots stays when nothing is sent over it.
    var bulkIdle = Duration.seconds(15)
    /// How long the connection that speaks for a node has to answer when another one says to be
    /// that node: longer than a slow turn, and short for a node whose machine was started anew.
    var probe = Duration.milliseconds(500)
    /// Connections from others; a cluster has a handful of nodes.
    var incoming = 1_024
    /// The first pause before dialling again; it doubles up to ``longestPause``.
    var firstPause = Duration.milliseconds(20)
    /// The longest pause before dialling again.
    var longestPause = Duration.milliseconds(500)
    /// The pause after a refusal, which mostly needs an operator.
    var refusedPause = Duration.seconds(1)
}
