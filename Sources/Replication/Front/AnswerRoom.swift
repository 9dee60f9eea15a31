import Storage

/// What waits in all connections to be sent, and what this turn has made of it.
struct AnswerRoom {
    private let limits: FrontLimits
    /// Bytes that wait in all connections.
    private(set) var waitingBytes = 0
    private var turnBytes = 0
    private var turnBegan: Instant?

    init(_ limits: FrontLimits) { self.limits = limits }

    /// Whether so much waits that a connection for which something waits gets no more.
    var isShort: Bool { waitingBytes > limits.sharedBytes }

    /// Whether so much waits that nobody gets more.
    var isFull: Bool { waitingBytes > limits.maximumSharedBytes }

    /// What a connection for which so many bytes wait had counted here is replaced.
    mutating func replace(_ old: Int, by new: Int) { waitingBytes += new - old }

    /// Whether a connection for which so many bytes wait may be answered.
    func allows(_ pendingBytes: Int) -> Bool {
        pendingBytes == 0 ? !isFull : !isShort && pendingBytes <= limits.waitingBytes
    }

    /// Whether a connection for which so many bytes wait should be read.
    ///
    /// While much waits in all, a connection keeps only what a few small answers come to.
    func allowsReading(_ pendingBytes: Int) -> Bool {
        pendingBytes <= (isShort ? limits.waitingBytes / 16 : limits.waitingBytes)
    }

    /// An answer was made.
    mutating func made(_ bytes: Int) { turnBytes += bytes }

    /// Whether this turn may make one more answer.
    mutating func hasTurn(at now: Instant) -> Bool {
        guard let began = turnBegan else {
            turnBegan = now
            return true
        }
        return turnBytes < limits.turnBytes && now - began < limits.turnTime
    }

    /// The turn is over.
    mutating func endTurn() {
        turnBytes = 0
        turnBegan = nil
    }
}
