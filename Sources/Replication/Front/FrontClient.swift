import Storage

/// One client's connection.
final class FrontClient {
    /// What a client does or fails to do, as long as it is the same.
    enum Activity: Equatable {
        /// Takes what is sent; so much it has taken.
        case sending(sentBytes: Int)
        /// Everything is said.
        case lingering
        /// Waits for an answer, or for events.
        case waiting
        /// Sends a request: the one of this number.
        case requesting(UInt64)
        /// Does nothing since then.
        case idle(since: Instant)
    }

    let connection: Connection
    var http: HTTPConnection
    /// What it waits for, streams not included.
    var tickets: Set<Ticket> = []
    /// The events that it reads; at most one stream, for a connection ends with it.
    var streams: Set<Ticket> = []
    /// Queries that have no answer.
    var queries = ClientQueries()
    /// Bytes of the bodies of requests that have no answer.
    var askedBytes = 0
    /// What is counted of this connection as waiting to be sent.
    var countedBytes = 0
    /// Whether the node writes nothing to the stream for now.
    var isStreamPaused = false
    var isDirty = false
    private var activity = Activity.waiting
    private var activeSince: Instant

    init(_ connection: Connection, _ http: HTTPConnection, at now: Instant) {
        self.connection = connection
        self.http = http
        activeSince = now
    }

    /// What waits for the client to take it.
    var pendingBytes: Int { connection.pendingBytes + http.heldBytes }
    /// Whether nothing more should be read from the socket, or be begun.
    func mustPause(_ limits: FrontLimits, _ room: AnswerRoom) -> Bool {
        http.isPaused || !streams.isEmpty || askedBytes > limits.askedBytes
            || !room.allowsReading(pendingBytes)
    }

    /// Whether the client has done the same thing for too long; looked at now and then.
    ///
    /// While others have no room for their answers, a client that takes nothing has less time.
    func isLate(at now: Instant, _ limits: FrontLimits, isShort: Bool) -> Bool {
        let current = currentActivity
        guard current == activity else {
            (activity, activeSince) = (current, now)
            return false
        }
        switch current {
        case .sending:
            return now - activeSince > (isShort ? limits.stallWhenFull : limits.stall)
        case .lingering: return now - activeSince > limits.linger
        case .waiting: return false
        case .requesting: return now - activeSince > limits.request
        case .idle(let since): return now - since > limits.idle
        }
    }

    /// Whether it has begun a request that is not whole, and takes what is sent.
    var isInsideRequest: Bool {
        http.receivedBytes + http.requestBytes > 0 && connection.pendingBytes == 0
            && !connection.isFinishing && streams.isEmpty
    }

    private var currentActivity: Activity {
        if connection.isLingering { return .lingering }
        if connection.pendingBytes > 0 { return .sending(sentBytes: connection.sentBytes) }
        if !tickets.isEmpty || !streams.isEmpty { return .waiting }
        if !http.isIdle { return .requesting(http.requestCount) }
        return .idle(since: connection.lastHeard)
    }
}
