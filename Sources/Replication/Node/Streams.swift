import Storage

/// What a client asks a stream for.
struct StreamOpening: Sendable {
    var caller: Caller
    /// The last event that it has, or nil to begin now.
    var after: EventID?
}

/// The event streams of this node's clients.
///
/// What waits for a reader is a position in the events and never bytes: events are rendered when the
/// stream's turn comes and its reader takes them.
struct Streams: Sendable {
    struct Stream: Sendable {
        var ticket: Ticket
        var caller: Caller
        var audience: String
        /// The last event that was looked at for this stream.
        var position: EventID
        var pace: Pace
        /// Bytes that were written to it in the turn of this number.
        fileprivate var written = (turn: UInt64(0), bytes: 0)

        init(ticket: Ticket, caller: Caller, audience: String, position: EventID) {
            self.ticket = ticket
            self.caller = caller
            self.audience = audience
            self.position = position
            pace = .behind
        }
    }

    /// How a stream comes to its next event.
    enum Pace: Hashable, Sendable {
        /// Each event is written when it is applied.
        case live
        /// Older events wait, and are written when the stream's turn comes.
        case behind
        /// The position is one that this node has not applied.
        case early
        /// The reader takes nothing for now.
        case paused
    }

    /// How many bytes one stream gets in one turn, at least one event.
    static var bytesPerStream: Int { 8 << 10 }
    /// How many bytes all streams together get in one turn.
    static var bytesPerTurn: Int { 256 << 10 }
    /// How many streams have a turn within one turn of the node.
    static var streamsPerTurn: Int { 256 }

    /// What clients see of the cluster in ids.
    private(set) var epoch: EventEpoch
    private var streams: [Ticket: Stream] = [:]
    /// Streams that are live, oldest first.
    private var live: [String: [Ticket]] = [:]
    /// Those that are behind, and some that were, in the order of their turns.
    private var line = Rotation<Ticket>()
    private var early: [Ticket: LogIndex] = [:]
    private var nextEarly: LogIndex?
    /// Those that the current mark has not reached.
    private var unmarked = Rotation<Ticket>()
    private var turn: UInt64 = 1
    private var turnAt = Instant(nanoseconds: 0)
    private var writtenBytes = 0
    var nextMark = Instant(nanoseconds: 0)

    /// Creates the streams of a node, none yet; a blank one belongs to no cluster.
    init(of cluster: String?) { epoch = EventEpoch(cluster: cluster ?? "") }

    /// The node belongs to a cluster from here on.
    mutating func joined(_ cluster: String) { epoch = EventEpoch(cluster: cluster) }

    var isEmpty: Bool { streams.isEmpty }

    subscript(ticket: Ticket) -> Stream? { streams[ticket] }

    /// The live streams of an audience, oldest first.
    func tickets(of audience: String) -> [Ticket] { live[audience] ?? [] }

    /// All streams, oldest first.
    var all: [Stream] { streams.values.sorted { $0.ticket < $1.ticket } }

    /// Whether a stream waits for its turn, and for nothing else.
    var hasTurns: Bool { !line.isEmpty || !unmarked.isEmpty }

    /// Whether this turn has written as much as a turn may.
    var isTurnFull: Bool { writtenBytes >= Self.bytesPerTurn }

    mutating func open(_ stream: Stream) {
        streams[stream.ticket] = stream
        line.append(stream.ticket)
    }

    /// Moves a stream on.
    mutating func move(_ ticket: Ticket, to position: EventID) {
        streams[ticket]?.position = position
    }

    /// Counts what was written; whether the stream may have more in this turn.
    mutating func wrote(_ bytes: Int, to ticket: Ticket) -> Bool {
        guard let written = streams[ticket]?.written else { return false }
        let sum = bytes + (written.turn == turn ? written.bytes : 0)
        streams[ticket]?.written = (turn, sum)
        writtenBytes += bytes
        return sum < Self.bytesPerStream
    }

    /// Whether a stream may have more in this turn.
    func hasShare(_ stream: Stream) -> Bool {
        stream.written.turn != turn || stream.written.bytes < Self.bytesPerStream
    }

    mutating func setPace(_ pace: Pace, of ticket: Ticket) {
        guard let stream = streams[ticket], stream.pace != pace else { return }
        leave(stream)
        streams[ticket]?.pace = pace
        switch pace {
        case .live: insertLive(ticket, stream.audience)
        case .behind: line.append(ticket)
        case .early:
            early[ticket] = stream.position.index
            nextEarly = min(nextEarly ?? stream.position.index, stream.position.index)
        case .paused: break
        }
    }

    /// The reader takes no more for now.
    mutating func pause(_ ticket: Ticket) { setPace(.paused, of: ticket) }

    /// The reader takes more: what it has missed is looked for from its position.
    mutating func resume(_ ticket: Ticket) {
        if streams[ticket]?.pace == .paused { setPace(.behind, of: ticket) }
    }

    /// The state has made a leap: each stream looks for what it has missed.
    mutating func fallBehind() {
        for ticket in streams.keys.sorted() where streams[ticket]?.pace != .paused {
            setPace(.behind, of: ticket)
        }
    }

    /// A turn begins: each stream may have its share again, once for each moment.
    ///
    /// - Returns: How many streams may have a turn, each once.
    mutating func beginTurn(at now: Instant, applied: LogIndex) -> Int {
        if now != turnAt {
            turnAt = now
            turn += 1
            writtenBytes = 0
        }
        if let nextEarly, nextEarly <= applied { wakeEarly(applied) }
        return min(line.count, Self.streamsPerTurn)
    }

    /// The stream whose turn it is; nil if it has gone or is no longer behind.
    mutating func takeTurn() -> Stream? {
        guard let ticket = line.removeFirst(), let stream = streams[ticket],
            stream.pace == .behind
        else { return nil }
        return stream
    }

    /// The stream has had its turn, and is still behind.
    mutating func lineUp(_ ticket: Ticket) { line.append(ticket) }

    /// All streams that are live are to be marked, a few each turn.
    mutating func beginMarks() {
        for ticket in streams.keys.sorted() { unmarked.append(ticket) }
    }

    /// The next stream to be marked; nil if there is none, or it has gone.
    mutating func takeUnmarked() -> Stream? { unmarked.removeFirst().flatMap { streams[$0] } }

    /// How many streams one turn marks.
    var marksPerTurn: Int { min(unmarked.count, Self.streamsPerTurn) }

    mutating func close(_ ticket: Ticket) {
        guard let stream = streams.removeValue(forKey: ticket) else { return }
        leave(stream)
    }

    private mutating func leave(_ stream: Stream) {
        switch stream.pace {
        case .live: removeLive(stream.ticket, stream.audience)
        case .early: early[stream.ticket] = nil
        case .behind: line.remove(stream.ticket)
        case .paused: break
        }
    }

    private mutating func wakeEarly(_ applied: LogIndex) {
        for ticket in early.filter({ $0.value <= applied }).keys.sorted() {
            setPace(.behind, of: ticket)
        }
        nextEarly = early.values.min()
    }

    private mutating func insertLive(_ ticket: Ticket, _ audience: String) {
        let place = live[audience].map { Self.place(of: ticket, in: $0) } ?? 0
        live[audience, default: []].insert(ticket, at: place)
    }

    private mutating func removeLive(_ ticket: Ticket, _ audience: String) {
        guard let place = live[audience].map({ Self.place(of: ticket, in: $0) }) else { return }
        live[audience]?.remove(at: place)
        if live[audience]?.isEmpty == true { live[audience] = nil }
    }

    /// Where a ticket stands, or would stand, among others that rise.
    private static func place(of ticket: Ticket, in tickets: [Ticket]) -> Int {
        var (low, high) = (0, tickets.count)
        while low < high {
            let middle = (low + high) / 2
            if tickets[middle] < ticket { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
