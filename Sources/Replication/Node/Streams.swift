import Storage

/// What a client asks a stream for.
struct StreamOpening: Sendable {
    var caller: Caller
    /// The last event that it has, or nil to begin now.
    var after: EventID?
}

/// The event streams of this node's clients.
struct Streams: Sendable {
    struct Stream: Sendable {
        var ticket: Ticket
        var caller: Caller
        var audience: String
        /// The last event that was looked at for this stream.
        var position: EventID
        /// Whether older events are still being written, or the state is still behind.
        var isBehind: Bool
    }

    private var streams: [Ticket: Stream] = [:]
    private var byAudience: [String: [Ticket]] = [:]
    /// Streams that are behind, in no order.
    private(set) var behind: Set<Ticket> = []
    var nextMark = Instant(nanoseconds: 0)

    var isEmpty: Bool { streams.isEmpty }

    subscript(ticket: Ticket) -> Stream? { streams[ticket] }

    /// The streams of an audience, oldest first.
    func tickets(of audience: String) -> [Ticket] { byAudience[audience] ?? [] }

    /// All streams, oldest first.
    var all: [Stream] { streams.values.sorted { $0.ticket < $1.ticket } }

    mutating func open(_ stream: Stream) {
        streams[stream.ticket] = stream
        byAudience[stream.audience, default: []].append(stream.ticket)
        if stream.isBehind { behind.insert(stream.ticket) }
    }

    mutating func move(_ ticket: Ticket, to position: EventID, isBehind: Bool) {
        streams[ticket]?.position = position
        streams[ticket]?.isBehind = isBehind
        if isBehind { behind.insert(ticket) } else { behind.remove(ticket) }
    }

    /// The state has made a leap: each stream looks for what it has missed.
    mutating func fallBehind() {
        for ticket in streams.keys { streams[ticket]?.isBehind = true }
        behind = Set(streams.keys)
    }

    mutating func close(_ ticket: Ticket) {
        guard let stream = streams.removeValue(forKey: ticket) else { return }
        behind.remove(ticket)
        byAudience[stream.audience]?.removeAll { $0 == ticket }
        if byAudience[stream.audience]?.isEmpty == true { byAudience[stream.audience] = nil }
    }
}
