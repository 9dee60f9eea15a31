/// What a client may take of a node.
struct FrontLimits: Sendable {
    var http = HTTPLimits()
    /// Beyond it a client is told to come back later.
    var maximumConnections = 10_000
    /// Connections that may be told so at the same time; beyond them they are just closed.
    var maximumRefusals = 64
    /// While more of its answers wait, no further query of a connection is answered, and nothing
    /// more is read from it.
    var waitingBytes = 1 << 20
    /// While more waits in all connections together, only those are answered for which nothing waits.
    var sharedBytes = 32 << 20
    /// While more waits in all connections together, no query is answered.
    var maximumSharedBytes = 96 << 20
    /// The bytes of answers to queries that one turn makes, and the time that it takes for them.
    var turnBytes = 256 << 10
    /// See ``turnBytes``.
    var turnTime = Duration.milliseconds(5)
    /// The most bytes of bodies of a connection's requests that wait for their answers.
    var askedBytes = 1 << 20
    /// What a connection may send of a request that is not whole without asking for room.
    var freeRequestBytes = 8 << 10
    /// The room for larger requests that are not whole, of all connections together.
    var requestRoomBytes = 32 << 20
    /// How long a request may take that room while others wait for it.
    var requestRoomTime = Duration.seconds(10)
    /// Without a request.
    var idle = Duration.seconds(120)
    /// For a request to come in whole.
    var request = Duration.seconds(30)
    /// Without taking a byte of what is sent.
    var stall = Duration.seconds(30)
    /// Without taking a byte of what is sent, while ``sharedBytes`` wait.
    var stallWhenFull = Duration.seconds(3)
    /// For the other side to close, once all is said.
    var linger = Duration.seconds(2)
    /// How often connections are looked through.
    var sweep = Duration.seconds(1)
    /// For tests: every so many answers to requests are lost, after their commit.
    var dropAnswersEvery: Int?
}
