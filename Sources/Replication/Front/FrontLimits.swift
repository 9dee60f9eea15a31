/// What a client may take of a node.
struct FrontLimits: Sendable {
    var http = HTTPLimits()
    /// Beyond it a client is told to come back later.
    var maximumConnections = 10_000
    /// Connections that may be told so at the same time; beyond them they are just closed.
    var maximumRefusals = 64
    /// A reader of events that is this much behind is cut off, and resumes by its event id.
    var streamBytes = 4 << 20
    /// The most that waits for a client that reads answers.
    var pendingBytes = 64 << 20
    /// Without a request.
    var idle = Duration.seconds(120)
    /// For a request to come in whole.
    var request = Duration.seconds(30)
    /// Without taking a byte of what is sent.
    var stall = Duration.seconds(30)
    /// For the other side to close, once all is said.
    var linger = Duration.seconds(2)
    /// How often connections are looked through.
    var sweep = Duration.seconds(1)
    /// For tests: every so many answers to requests are lost, after their commit.
    var dropAnswersEvery: Int?
}
