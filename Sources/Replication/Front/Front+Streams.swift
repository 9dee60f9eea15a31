import Storage

/// Streams of events.
extension Front {
    /// Asks the node for a stream; its head waits until the node has checked the caller, so that a
    /// refusal is an answer with its own status.
    func askForStream(
        _ client: FrontClient,
        _ request: HTTPRequestID,
        _ caller: Caller,
        after: EventID?
    ) {
        guard !isStopping else {
            return respond(client, request, Answers.response(to: .failed(.stopping, key: nil)))
        }
        let ticket = newTicket()
        waiting[ticket] = Waiting(client: client.connection.key, request: request)
        client.streams.insert(ticket)
        askedStreams.insert(ticket)
        inputs.append(.openStream(ticket, caller: caller, after: after))
    }

    /// Begins a stream, once the node has checked the caller.
    func grantStream(_ ticket: Ticket) {
        guard askedStreams.remove(ticket) != nil, let place = waiting[ticket],
            let client = clients[place.client]
        else { return }
        client.http.fields = commonFields
        client.http.beginStream(
            place.request,
            EventStreamWriter.response,
            into: &client.connection.output
        )
        client.http.writeStream(place.request, into: &client.connection.output) { output in
            EventStreamWriter.writeRetry(milliseconds: 1_000, to: &output)
        }
        client.connection.isWriteOnly = true
        markDirty(client)
    }

    func stream(_ ticket: Ticket, _ items: [StreamItem]) {
        grantStream(ticket)
        guard let place = waiting[ticket], let client = clients[place.client] else { return }
        client.http.writeStream(place.request, into: &client.connection.output) { output in
            for item in items { item.write(to: &output) }
        }
        markDirty(client)
    }

    /// Stops a stream whose reader does not take what is there, and lets it go on when it does.
    func paceStream(_ client: FrontClient) {
        guard client.connection.isWriteOnly, let ticket = client.streams.first else { return }
        let isBlocked = client.connection.pendingBytes > 0
        guard isBlocked != client.isStreamPaused else { return }
        client.isStreamPaused = isBlocked
        inputs.append(isBlocked ? .pauseStream(ticket) : .resumeStream(ticket))
    }

    func endStream(_ ticket: Ticket, _ refusal: Refusal?) {
        guard let place = waiting.removeValue(forKey: ticket), let client = clients[place.client]
        else { return }
        client.streams.remove(ticket)
        markDirty(client)
        if askedStreams.remove(ticket) != nil {
            let failure = isStopping ? RequestFailure.stopping : .noLeader
            let reply = refusal.map { Reply.refused($0) } ?? .failed(failure, key: nil)
            return respond(client, place.request, Answers.response(to: reply))
        }
        if let refusal {
            client.http.writeStream(place.request, into: &client.connection.output) { output in
                EventStreamWriter.writeEnd(refusal, to: &output)
            }
        }
        client.http.endStream(place.request, into: &client.connection.output)
    }
}
