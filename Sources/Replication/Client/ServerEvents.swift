/// An event of the cluster, as a client sees it.
public struct ServerEvent: Hashable, Sendable {
    /// Where to go on after it; nil for what is not in the log, such as presence.
    public var id: String?
    /// Its kind.
    public var name: String
    /// Its content, JSON.
    public var data: [UInt8]

    /// Creates an event.
    public init(id: String? = nil, name: String, data: [UInt8] = []) {
        self.id = id
        self.name = name
        self.data = data
    }
}

/// The events of a cluster, in their order, without gap and without doubles, from whatever server
/// is there.
///
/// The next event is read only when it is asked for, so a slow consumer slows the server's stream
/// down and nothing piles up here. An event named `reset` says that events were missed: query the
/// state anew.
///
/// Ends when the consumer's task is cancelled.
public struct ServerEvents: AsyncSequence, Sendable {
    /// How a stream behaves.
    public struct Options: Sendable {
        /// Whether `mark` events, which only move the id of a quiet stream, are handed over.
        public var includesMarks = false
        /// A stream that is silent for so long is lost; servers send a mark every 15 s.
        public var silence = Duration.seconds(45)
        /// How long to look for a server before giving up; nil looks for ever.
        public var patience: Duration?
        /// Called with the server when a stream begins, and with nil when it is lost.
        public var onConnection: (@Sendable (_ server: String?) -> Void)?

        /// Creates the default options.
        public init() {}
    }

    let servers: [String]
    let cluster: String?
    let connectTimeout: Duration
    let lookUps: NameLookUps
    let onStranger: ClusterClient.StrangerReport?
    let token: String?
    let since: String?
    let options: Options

    /// Begins a stream of its own.
    public func makeAsyncIterator() -> Iterator { Iterator(events: self) }

    /// Reads one stream.
    public struct Iterator: AsyncIteratorProtocol {
        private let events: ServerEvents
        private var reader: EventStreamReader?

        init(events: ServerEvents) { self.events = events }

        /// The next event; nil once the task is cancelled.
        ///
        /// - Parameter actor: The caller's, which is not blocked.
        /// - Returns: The event.
        /// - Throws: ``ClusterClientError``: the stream was refused, no server was found within
        ///   ``ServerEvents/Options/patience``, or another cluster answered. The stream is over.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ClusterClientError) -> ServerEvent? {
            let reader: EventStreamReader
            if let current = self.reader {
                reader = current
            } else {
                reader = try EventStreamReader(events)
                self.reader = reader
            }
            let result = await withTaskCancellationHandler {
                await reader.next()
            } onCancel: {
                reader.interrupt.signal()
            }
            return try result.get()
        }
    }
}
