import Storage

/// Live delivery: each event once and in order, resumed anywhere by its id.
extension Node {
    /// How many events one turn writes to a stream that catches up.
    private static var catchUpEvents: Int { 512 }

    mutating func openStream(
        _ ticket: Ticket,
        _ opening: StreamOpening,
        isConfirmed: Bool = false
    ) {
        // Its reader tries again elsewhere.
        guard removal == nil, divergence == nil else {
            return effects.append(.endStream(ticket, nil))
        }
        do throws(Refusal) {
            let audience = try state.machine.audience(of: opening.caller)
            let start = opening.after ?? .end(of: state.applied.index)
            streams.open(
                Streams.Stream(
                    ticket: ticket,
                    caller: opening.caller,
                    audience: audience,
                    position: start,
                    isBehind: true
                )
            )
            if streams.nextMark <= now.instant {
                streams.nextMark = now.instant + configuration.markInterval
            }
            // The first mark tells where the stream begins, so that it can be resumed before its
            // first event.
            if opening.after == nil { effects.append(.stream(ticket, [.mark(start)])) }
        } catch {
            // The state may be behind the login: a refusal counts only after a read index.
            if isConfirmed {
                effects.append(.endStream(ticket, error))
            } else {
                openings[ticket] = opening
                reads.gather(.stream(ticket), deadline: deadline)
            }
        }
    }

    /// Whether a stream is behind for no other reason than that a turn writes so much and no more.
    var canGoOnWithStreams: Bool {
        streams.behind.contains {
            streams[$0].map { $0.position.index <= state.applied.index } ?? false
        }
    }

    /// Writes what streams that are behind have missed, a bounded number of events each.
    mutating func goOnWithStreams() {
        for ticket in streams.behind.sorted() { catchUp(ticket) }
    }

    private mutating func catchUp(_ ticket: Ticket) {
        guard let stream = streams[ticket], stream.position.index <= state.applied.index else {
            // The id is from the future of this node: it waits until it has applied it.
            return
        }
        guard isAllowed(stream) else { return }
        if stream.position.epoch != 1 || !state.events.holdsAll(after: stream.position) {
            let restart = EventID.end(of: state.applied.index)
            effects.append(.stream(ticket, [.reset(restart)]))
            streams.move(ticket, to: restart, isBehind: false)
            return
        }
        var items: [StreamItem] = []
        var position = stream.position
        var offset = state.events.offset(after: position)
        let end = min(offset + Self.catchUpEvents, state.events.count)
        while offset < end {
            let element = state.events[offset]
            position = element.id
            if let rendered = state.machine.render(element.event, for: stream.audience) {
                items.append(.event(element.id, rendered))
            }
            offset += 1
        }
        if !items.isEmpty { effects.append(.stream(ticket, items)) }
        streams.move(ticket, to: position, isBehind: end < state.events.count)
    }

    /// Writes the events of the entry just applied to the streams of their recipients.
    mutating func deliverEvents(of index: LogIndex) {
        guard !streams.isEmpty else { return }
        var offset = state.events.offset(after: .end(of: index.previous))
        while offset < state.events.count {
            let element = state.events[offset]
            offset += 1
            for audience in state.machine.recipients(of: element.event) {
                for ticket in streams.tickets(of: audience) { deliver(element, to: ticket) }
            }
        }
    }

    private mutating func deliver(
        _ element: EventLog<Machine.Event>.Element,
        to ticket: Ticket
    ) {
        guard let stream = streams[ticket], !stream.isBehind, stream.position < element.id,
            isAllowed(stream)
        else { return }
        streams.move(ticket, to: element.id, isBehind: false)
        if let rendered = state.machine.render(element.event, for: stream.audience) {
            effects.append(.stream(ticket, [.event(element.id, rendered)]))
        }
    }

    /// Whether the caller still has a session; ends the stream if not.
    private mutating func isAllowed(_ stream: Streams.Stream) -> Bool {
        do throws(Refusal) {
            _ = try state.machine.audience(of: stream.caller)
            return true
        } catch {
            streams.close(stream.ticket)
            effects.append(.endStream(stream.ticket, error))
            return false
        }
    }

    /// Moves the id of quiet streams, and ends those whose session is over.
    mutating func markStreams() {
        guard !streams.isEmpty, streams.nextMark <= now.instant else { return }
        streams.nextMark = now.instant + configuration.markInterval
        let mark = EventID.end(of: state.applied.index)
        for stream in streams.all where !stream.isBehind && stream.position < mark {
            guard isAllowed(stream) else { continue }
            streams.move(stream.ticket, to: mark, isBehind: false)
            effects.append(.stream(stream.ticket, [.mark(mark)]))
        }
    }
}
