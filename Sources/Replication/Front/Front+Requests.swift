import Storage

/// From requests to inputs of the node, and from its replies to answers.
extension Front {
    /// Answers a request, unless its client has gone; false if the ticket is not of this front.
    func reply(_ ticket: Ticket, _ reply: Reply) -> Bool {
        guard let place = waiting.removeValue(forKey: ticket) else { return false }
        guard let client = clients[place.client] else { return true }
        client.tickets.remove(ticket)
        if case .output = reply, isLost() {
            end(client)
            return true
        }
        respond(client, place.request, Answers.response(to: reply))
        return true
    }

    func takeRequests(_ client: FrontClient) {
        client.http.fields = commonFields
        while client.streams.isEmpty,
            let request = client.http.nextRequest(into: &client.connection.output)
        {
            take(request, from: client)
        }
        client.connection.isPaused = client.mustPause
        markDirty(client)
    }

    func respond(_ client: FrontClient, _ request: HTTPRequestID, _ response: HTTPResponse) {
        var response = response
        // The answer after which the connection ends must be the last one, or others are lost.
        response.closes = response.closes || isStopping && client.http.inFlight == 1
        client.http.fields = commonFields
        client.http.respond(to: request, response, into: &client.connection.output)
        markDirty(client)
    }

    private func take(_ request: HTTPRequest, from client: FrontClient) {
        let caller = Caller(token: request.bearerToken)
        let route = Route(request)
        switch route {
        case .request(let key, let since):
            let request = ClientRequest(
                ticket: wait(client, request.id),
                lane: client.connection.key.value,
                body: request.body,
                caller: caller,
                key: key,
                since: since,
                entropy: .system()
            )
            inputs.append(.request(request))
        case .query(let consistency):
            let ticket = wait(client, request.id)
            inputs.append(.query(ticket, body: request.body, caller: caller, consistency))
        case .events(let after): askForStream(client, request.id, caller, after: after)
        case .health: respond(client, request.id, HTTPResponse(body: Array("{}".utf8)))
        case .unknown(let response): respond(client, request.id, response)
        case .cluster, .readiness, .leader: respond(client, request.id, inform(route))
        }
    }

    private func wait(_ client: FrontClient, _ request: HTTPRequestID) -> Ticket {
        let ticket = newTicket()
        waiting[ticket] = Waiting(client: client.connection.key, request: request)
        client.tickets.insert(ticket)
        return ticket
    }

    /// Whether this answer is one that a test wants lost.
    private func isLost() -> Bool {
        guard let every = limits.dropAnswersEvery, every > 0 else { return false }
        outputs += 1
        return outputs % every == 0
    }
}
