import Storage

/// From requests to inputs of the node, and from its replies to answers.
extension Front {
    /// Answers a request, unless its client has gone; false if the ticket is not of this front.
    func reply(_ ticket: Ticket, _ reply: Reply) -> Bool {
        if case .ready(let isConfirmed) = reply {
            prepared(ticket, isConfirmed: isConfirmed)
            return waiting[ticket] != nil
        }
        guard let place = waiting.removeValue(forKey: ticket) else { return false }
        patience.remove(place.due)
        guard let client = clients[place.client] else { return true }
        client.tickets.remove(ticket)
        client.queries.remove(place.request)
        client.askedBytes -= place.bytes
        if case .answer(_, let answer) = reply { answerRoom.made(answer.count) }
        if case .output = reply, isLost() {
            end(client)
            return true
        }
        respond(client, place.request, Answers.response(to: reply))
        return true
    }

    /// Answers all that waits for an answer.
    func answerRest(_ lastWord: (Ticket) -> Reply) {
        for ticket in waiting.keys.sorted() { _ = reply(ticket, lastWord(ticket)) }
    }

    func takeRequests(_ client: FrontClient) {
        client.http.fields = commonFields
        while !client.mustPause(limits, answerRoom),
            let request = client.http.nextRequest(into: &client.connection.output)
        {
            take(request, from: client)
        }
        takeRoom(client)
        pauseIfNeeded(client)
        markDirty(client)
    }

    func pauseIfNeeded(_ client: FrontClient) {
        client.connection.isPaused =
            client.mustPause(limits, answerRoom)
            || requestRoom.isWanted(by: client.connection.key)
    }

    /// Asks for room for a request that is not whole, or gives it back.
    private func takeRoom(_ client: FrontClient) {
        let bytes = client.http.requestBytes
        if bytes > limits.freeRequestBytes {
            _ = requestRoom.take(bytes, for: client.connection.key, at: client.connection.lastHeard)
        } else {
            requestRoom.giveBack(client.connection.key)
        }
    }

    func respond(_ client: FrontClient, _ request: HTTPRequestID, _ response: HTTPResponse) {
        var response = response
        // The answer after which the connection ends must be the last one, or others are lost.
        response.closes = response.closes || isStopping && client.http.inFlight == 1
        client.http.fields = commonFields
        client.http.respond(to: request, response, into: &client.connection.output)
        if !client.queries.isEmpty { lineUp(client) }
        markDirty(client)
    }

    private func take(_ request: HTTPRequest, from client: FrontClient) {
        if let refusal = webGuard.refusal(of: request) {
            return respond(client, request.id, refusal)
        }
        let limit: Duration?
        do throws(CallerPatience.Invalid) {
            limit = try CallerPatience.length(of: request)
        } catch {
            return respond(client, request.id, error.response)
        }
        let caller = Caller(token: request.bearerToken)
        let route = Route(request)
        switch route {
        case .request(let key, let since):
            let ticket = wait(client, request.id, bytes: request.body.count)
            hurry(ticket, limit, from: client)
            let request = ClientRequest(
                ticket: ticket,
                lane: client.connection.key.value,
                body: request.body,
                caller: caller,
                key: key,
                since: since,
                entropy: .system()
            )
            inputs.append(.request(request))
        case .query(let consistency):
            hurry(keep(request, consistency, from: client), limit, from: client)
        case .events(let after): askForStream(client, request.id, caller, after: after)
        case .health: respond(client, request.id, HTTPResponse(body: Array("{}".utf8)))
        case .unknown(let response): respond(client, request.id, response)
        case .cluster, .readiness, .leader: respond(client, request.id, inform(route))
        }
    }

    func wait(_ client: FrontClient, _ request: HTTPRequestID, bytes: Int) -> Ticket {
        let ticket = newTicket()
        waiting[ticket] = Waiting(client: client.connection.key, request: request, bytes: bytes)
        client.askedBytes += bytes
        client.tickets.insert(ticket)
        return ticket
    }

    /// Has a ticket answered when its caller's time is over.
    private func hurry(_ ticket: Ticket, _ limit: Duration?, from client: FrontClient) {
        guard let limit else { return }
        let due = CallerPatience.Due(at: client.connection.lastHeard + limit, ticket: ticket)
        waiting[ticket]?.due = due
        patience.add(due)
    }

    /// A caller's time is over, and nothing can be said yet: it is looked at again.
    func postpone(_ ticket: Ticket, at now: Instant) {
        guard waiting[ticket] != nil else { return }
        let due = CallerPatience.Due(at: now + .milliseconds(100), ticket: ticket)
        waiting[ticket]?.due = due
        patience.add(due)
    }

    /// Whether this answer is one that a test wants lost.
    private func isLost() -> Bool {
        guard let every = limits.dropAnswersEvery, every > 0 else { return false }
        outputs += 1
        return outputs % every == 0
    }
}
