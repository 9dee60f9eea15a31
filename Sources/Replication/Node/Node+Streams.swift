import Storage

/// Live delivery: each event once and in order, resumed anywhere by its id.
extension Node {
    /// How many events one turn looks at for a stream that catches up.
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
            let audience = try state.audience(of: opening.caller)
            var start = EventID.end(of: state.applied.index)
            if let after = opening.after {
                let place = streams.epoch.read(after)
                if let place, place.index > state.applied.index, !isConfirmed {
                    // This node may be behind. If it still is after a read index, the id is of no
                    // entry that was ever committed here: a silent stream would wait for ever.
                    return confirm(ticket, opening)
                }
                if let place, place.index <= state.applied.index {
                    start = place
                } else {
                    write([.reset(start)], to: ticket)
                }
            }
            streams.open(
                Streams.Stream(
                    ticket: ticket,
                    caller: opening.caller,
                    audience: audience,
                    position: start
                )
            )
            if streams.nextMark <= now.instant {
                streams.nextMark = now.instant + configuration.markInterval
            }
            // The first mark tells where the stream begins, so that it can be resumed before its
            // first event.
            if opening.after == nil { write([.mark(start)], to: ticket) }
        } catch {
            // The state may be behind the login: a refusal counts only after a read index.
            if isConfirmed {
                effects.append(.endStream(ticket, error))
            } else {
                confirm(ticket, opening)
            }
        }
    }

    /// Writes to a stream, with the ids that clients see.
    private mutating func write(_ items: [StreamItem], to ticket: Ticket) {
        let epoch = streams.epoch
        effects.append(.stream(ticket, items.map { $0.with(id: epoch.shown($0.id)) }))
    }

    private mutating func confirm(_ ticket: Ticket, _ opening: StreamOpening) {
        openings[ticket] = opening
        reads.gather(.stream(ticket), deadline: deadline)
    }

    /// Writes what streams have missed, of each and of all together as much as one turn may.
    ///
    /// The streams come one after the other: none waits for longer than a round of all.
    mutating func goOnWithStreams() {
        guard !streams.isEmpty else { return }
        var turns = streams.beginTurn(at: now.instant, applied: state.applied.index)
        while turns > 0, !streams.isTurnFull {
            turns -= 1
            guard let stream = streams.takeTurn() else { continue }
            if streams.hasShare(stream) { catchUp(stream) } else { streams.lineUp(stream.ticket) }
        }
        writeMarks()
    }

    private mutating func catchUp(_ stream: Streams.Stream) {
        let ticket = stream.ticket
        guard stream.position.index <= state.applied.index else {
            // The id is from the future of this node: the stream waits until it is applied.
            return streams.setPace(.early, of: ticket)
        }
        guard isAllowed(stream) else { return }
        if !state.holdsAllEvents(after: stream.position) {
            let restart = EventID.end(of: state.applied.index)
            write([.reset(restart)], to: ticket)
            streams.move(ticket, to: restart)
            return streams.setPace(.live, of: ticket)
        }
        if writeMissed(stream) {
            streams.setPace(.live, of: ticket)
        } else {
            streams.lineUp(ticket)
        }
    }

    /// Writes a stream's next events; whether it has all that there are.
    private mutating func writeMissed(_ stream: Streams.Stream) -> Bool {
        var items: [StreamItem] = []
        var position = stream.position
        var offset = state.eventOffset(after: position)
        let end = min(offset + Self.catchUpEvents, state.eventCount)
        var hasRoom = true
        while offset < end, hasRoom {
            position = state.eventID(at: offset)
            let rendered = state.render(at: offset, for: stream.audience)
            offset += 1
            guard let rendered else { continue }
            items.append(.event(position, rendered))
            hasRoom = streams.wrote(rendered.data.count, to: stream.ticket)
        }
        if !items.isEmpty { write(items, to: stream.ticket) }
        streams.move(stream.ticket, to: position)
        return offset == state.eventCount
    }

    /// Writes the events of the entry just applied to the live streams of their recipients.
    mutating func deliverEvents(of index: LogIndex) {
        guard !streams.isEmpty else { return }
        var offset = state.eventOffset(after: .end(of: index.previous))
        while offset < state.eventCount {
            for audience in state.recipients(at: offset) { deliver(offset, to: audience) }
            offset += 1
        }
    }

    /// Writes an event to the live streams of an audience, rendered once.
    ///
    /// Beyond what a turn may write, a stream is behind: its turn comes.
    private mutating func deliver(_ offset: Int, to audience: String) {
        let tickets = streams.tickets(of: audience)
        guard !tickets.isEmpty else { return }
        let id = state.eventID(at: offset)
        let rendered = state.render(at: offset, for: audience)
        for ticket in tickets {
            guard let stream = streams[ticket], stream.position < id else { continue }
            guard !streams.isTurnFull else {
                streams.move(ticket, to: id.predecessor)
                streams.setPace(.behind, of: ticket)
                continue
            }
            guard isAllowed(stream) else { continue }
            streams.move(ticket, to: id)
            guard let rendered else { continue }
            write([.event(id, rendered)], to: ticket)
            if !streams.wrote(rendered.data.count, to: ticket) {
                streams.setPace(.behind, of: ticket)
            }
        }
    }

    /// Whether the caller still has a session; ends the stream if not.
    private mutating func isAllowed(_ stream: Streams.Stream) -> Bool {
        do throws(Refusal) {
            _ = try state.audience(of: stream.caller)
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
        streams.beginMarks()
        writeMarks()
    }

    private mutating func writeMarks() {
        let mark = EventID.end(of: state.applied.index)
        for _ in 0..<streams.marksPerTurn {
            guard let stream = streams.takeUnmarked(), isAllowed(stream), stream.pace == .live,
                stream.position < mark
            else { continue }
            streams.move(stream.ticket, to: mark)
            write([.mark(mark)], to: stream.ticket)
        }
    }
}
