public import Storage

/// Calls in this process, as clients make them over the network.
extension Replica {
    /// What this node knows of its cluster.
    public var status: ClusterStatus { node.status }

    /// Carries out a request in this process, as a client would over the network.
    ///
    /// A caller whose task is cancelled waits no longer; the error says whether the request may
    /// still take effect.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - caller: Who calls.
    ///   - key: The idempotency key; a retry of a request whose outcome is unknown must have the
    ///     same one.
    /// - Returns: The output, and the index of the entry that it took effect with.
    /// - Throws: ``ReplicationError``.
    public nonisolated func request(
        _ request: Machine.Request,
        from caller: Caller = Caller(),
        key: String? = nil
    ) async throws(ReplicationError) -> (output: Machine.Output, index: LogIndex) {
        if let key, !ProtocolFields.isValid(key: key) {
            throw .refused(ProtocolFields.keyInvalid)
        }
        let reply = await self.request(try Self.body(of: request), caller, key)
        guard case .output(let index, let bytes, _, _) = reply else { throw Opening.error(reply) }
        do throws(LineError) { return (try Machine.Output(lineBytes: bytes), index) } catch {
            throw .entry(error)
        }
    }

    /// Answers a query in this process.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - caller: Who calls.
    ///   - consistency: How new the state must be that answers.
    /// - Returns: The answer.
    /// - Throws: ``ReplicationError``.
    public nonisolated func query(
        _ query: Machine.Query,
        from caller: Caller = Caller(),
        consistency: Consistency = .linearizable
    ) async throws(ReplicationError) -> Machine.Answer {
        let reply = await self.query(try Self.body(of: query), caller, consistency)
        guard case .answer(_, let bytes) = reply else { throw Opening.error(reply) }
        do throws(LineError) { return try Machine.Answer(lineBytes: bytes) } catch {
            throw .entry(error)
        }
    }

    /// Encodes on the caller's thread: on the loop's, 20 MB take a second, and a leader its term.
    ///
    /// - Throws: ``ReplicationError/tooLarge`` beyond what a client may send over the network, and
    ///   ``ReplicationError/refused(_:)`` for a value that has no canonical form.
    private nonisolated static func body(
        of value: some LineCodable
    ) throws(ReplicationError) -> [UInt8] {
        let body: [UInt8]
        do throws(Refusal) { body = try Refusal.canonicalForm(of: value, "request") } catch {
            throw .refused(error)
        }
        guard body.count <= HTTPLimits().bodyBytes else { throw .tooLarge }
        return body
    }

    private func request(_ body: [UInt8], _ caller: Caller, _ key: String?) async -> Reply {
        let ticket = front.newTicket()
        let request = ClientRequest(
            ticket: ticket,
            lane: ticket.value | 1 << 63,
            body: body,
            caller: caller,
            key: key,
            entropy: .system()
        )
        return await reply(to: .request(request), ticket)
    }

    private func query(
        _ body: [UInt8],
        _ caller: Caller,
        _ consistency: Consistency
    ) async -> Reply {
        let ticket = front.newTicket()
        return await reply(to: .query(ticket, body: body, caller: caller, consistency), ticket)
    }

    /// Hands the lead over, if this node leads; requests wait meanwhile, and none fails.
    ///
    /// - Parameter id: The id of the voter that is to lead, or nil for the one that is closest
    ///   behind.
    /// - Returns: What became of it, after an election timeout at the latest.
    /// - Throws: ``ReplicationError/unavailable(_:)`` if this node does not lead, and
    ///   ``ReplicationError/stopped``.
    public func transferLeadership(
        to id: String? = nil
    ) async throws(ReplicationError) -> TransferEnd {
        var target: NodeIdentity?
        if let id {
            target = node.core.membership.incoming.map(\.identity).last { $0.id == id }
            guard target != nil else { return .refused("there is no member '\(id)'") }
        }
        let ticket = front.newTicket()
        switch await reply(to: .order(ticket, .transfer(to: target)), ticket) {
        case .ordered(.transfer(let end)): return end
        case .ordered(.notLeader(let leader)):
            let known = leader.map { "\($0.id) does" } ?? "no leader is known"
            throw .unavailable("this node does not lead, \(known)")
        case let other: throw Opening.error(other)
        }
    }

    func reply(to input: NodeInput, _ ticket: Ticket) async -> Reply {
        switch phase {
        case .ready, .claimed, .running: break
        case .stopping, .ended: return .failed(.stopping, key: nil)
        }
        let mail = mail
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                callers[ticket] = continuation
                inputs.append(input)
                // The loop takes the turn: this is its thread, and it looks for work after each job.
                loop.wake()
            }
        } onCancel: {
            mail.post(.cancelled(ticket))
        }
    }

    /// Answers a caller in this process, if there is one.
    func resume(_ ticket: Ticket, _ reply: Reply) {
        callers.removeValue(forKey: ticket)?.resume(returning: reply)
    }

    /// Answers callers that no longer wait, once the node has all that they asked.
    func answerCancelled(at now: Moment) {
        for ticket in cancelled where callers[ticket] != nil {
            giveUp(ticket, orElse: .notTried, at: now)
        }
        cancelled.removeAll()
    }

    /// Answers clients whose own time is over, some in each turn.
    func answerLate(at now: Moment) {
        guard failure == nil else { return }
        for _ in 0..<1_024 {
            guard let ticket = front.patience.popLate(at: now.instant) else { return }
            guard let (last, effects) = node.expire(ticket, now: now) else {
                front.postpone(ticket, at: now.instant)
                continue
            }
            _ = front.reply(ticket, last)
            perform(effects, at: now.instant)
        }
    }

    /// Says what can be said of a call that is given up: what may be in a log may still take effect.
    func giveUp(_ ticket: Ticket, orElse failure: RequestFailure, at now: Moment? = nil) {
        let (last, effects) = node.giveUp(
            ticket,
            orElse: failure,
            now: now ?? SystemClock.moment()
        )
        resume(ticket, last)
        if let now, self.failure == nil { perform(effects, at: now.instant) }
    }
}
