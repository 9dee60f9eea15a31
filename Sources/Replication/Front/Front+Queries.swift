import Storage

/// Answers to queries: made one connection after the other, when there is room for them.
extension Front {
    /// How many queries are given to the node before its answers are counted.
    private static var queriesAtOnce: Int { 4 }

    /// Takes a query, which is kept here until it can be answered.
    func keep(
        _ request: HTTPRequest,
        _ consistency: Consistency,
        from client: FrontClient
    ) -> Ticket {
        let ticket = wait(client, request.id, bytes: request.body.count)
        let isReady = consistency == .stale
        client.queries.append(
            ClientQueries.Query(
                ticket: ticket,
                body: request.body,
                caller: Caller(token: request.bearerToken),
                readiness: isReady ? .ready(isConfirmed: false) : .asked
            ),
            as: request.id
        )
        if isReady { lineUp(client) } else { inputs.append(.prepareQuery(ticket, consistency)) }
        return ticket
    }

    /// The node's state is new enough for a query.
    func prepared(_ ticket: Ticket, isConfirmed: Bool) {
        guard let place = waiting[ticket], let client = clients[place.client] else { return }
        client.queries.markReady(place.request, isConfirmed: isConfirmed)
        lineUp(client)
    }

    /// Has a connection wait for its turn, if the next answer on it is one to a query.
    func lineUp(_ client: FrontClient) {
        guard client.queries.isReady(client.http.first) else { return }
        line.append(client.connection.key)
    }

    /// Whether a query could be answered now.
    var hasQueriesToGive: Bool { !line.isEmpty && !answerRoom.isFull }

    /// Gives the node queries whose answers have room, a few of them and each of another connection.
    ///
    /// Nothing is given beyond what a turn may make: heartbeats and requests of others come first.
    func giveQueries() {
        var given = 0
        while given < Self.queriesAtOnce, hasQueriesToGive,
            answerRoom.hasTurn(at: SystemClock.now()), let key = line.removeFirst()
        {
            // A connection without room comes back when its client has taken something.
            guard let client = clients[key], answerRoom.allows(client.connection.pendingBytes),
                let (query, isConfirmed) = client.queries.take(client.http.first)
            else { continue }
            inputs.append(
                .keptQuery(
                    query.ticket,
                    body: query.body,
                    caller: query.caller,
                    isConfirmed: isConfirmed
                )
            )
            given += 1
        }
    }
}
