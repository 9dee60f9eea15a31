import Storage

/// The queries of one connection that wait for their answers, with their bodies.
///
/// An answer is made when the query's turn has come on the connection: nothing is kept that only
/// waits for those before it.
struct ClientQueries {
    /// A query and what is known of the state that is to answer it.
    struct Query {
        var ticket: Ticket
        var body: [UInt8]
        var caller: Caller
        var readiness: Readiness
    }

    /// How far a query is.
    enum Readiness: Hashable {
        /// The node looks for a state that is new enough.
        case asked
        /// It may be answered; whether a refusal is then final.
        case ready(isConfirmed: Bool)
        /// The node answers it.
        case given
    }

    private var queries: [HTTPRequestID: Query] = [:]

    var isEmpty: Bool { queries.isEmpty }

    mutating func append(_ query: Query, as request: HTTPRequestID) { queries[request] = query }

    mutating func remove(_ request: HTTPRequestID) { queries[request] = nil }

    /// The state is new enough for a query.
    mutating func markReady(_ request: HTTPRequestID, isConfirmed: Bool) {
        queries[request]?.readiness = .ready(isConfirmed: isConfirmed)
    }

    /// Whether the request whose turn it is, is a query that may be answered.
    func isReady(_ request: HTTPRequestID) -> Bool {
        if case .ready = queries[request]?.readiness { true } else { false }
    }

    /// Gives the query to be answered, if it may be.
    mutating func take(_ request: HTTPRequestID) -> (query: Query, isConfirmed: Bool)? {
        guard let query = queries[request], case .ready(let isConfirmed) = query.readiness
        else { return nil }
        queries[request]?.readiness = .given
        return (query, isConfirmed)
    }
}
