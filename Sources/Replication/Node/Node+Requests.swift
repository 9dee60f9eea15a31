import Storage

/// Requests of one connection, which take effect in the order sent.
struct Lane: Sendable {
    /// The request whose operation is not known yet.
    var busy: Ticket
    /// What came after it.
    var waiting: [ClientRequest] = []
}

/// A request that is not admitted yet.
struct Admitting: Sendable {
    var request: ClientRequest
    var key: String
    /// SHA-256 of the request without its secrets, once it was read.
    var digest = ""
    /// Whether a read index was taken since it came: a refusal is then final.
    var isConfirmed = false
    /// Whether something slow is computed for it, a password hash, which has an end of its own.
    var isComputing = false
}

/// The way of a request: admitted here, proposed here or forwarded, answered.
extension Node {
    mutating func take(_ request: ClientRequest) {
        guard !isStopping else {
            reply(request.ticket, .failed(.stopping, key: request.key))
            return
        }
        guard removal == nil else {
            reply(request.ticket, .failed(.removed, key: request.key))
            return
        }
        guard shortage == nil else {
            reply(request.ticket, .failed(.diskFull, key: request.key))
            return
        }
        guard intake.requests.take(request.ticket, bytes: request.body.count) else {
            reply(request.ticket, .failed(.overloaded, key: request.key))
            return
        }
        if lanes[request.lane] != nil {
            lanes[request.lane]?.waiting.append(request)
        } else {
            begin(request)
        }
    }

    private mutating func begin(_ request: ClientRequest) {
        guard divergence == nil else {
            reply(request.ticket, .failed(.diverged, key: request.key))
            return
        }
        admit(Admitting(request: request, key: request.key ?? newKey()))
    }

    private mutating func newKey() -> String {
        keys += 1
        return "\(identity.incarnation)-\(String(configuration.seed, radix: 36))-\(keys)"
    }

    /// What the log says the time is; before a leader's first entry, what this node's clock says.
    var logTime: Timestamp { state.time.milliseconds == 0 ? now.wall : state.time }

    private mutating func admit(_ admitting: Admitting) {
        var admitting = admitting
        do throws(LineError) {
            let admission = try state.admit(
                admitting.request.body,
                from: admitting.request.caller,
                entropy: admitting.request.entropy,
                now: logTime
            )
            admitting.digest = admission.digest
            switch admission.outcome {
            case .propose(let admitted): propose(admitted, admitting)
            case .compute(let body):
                admitting.isComputing = true
                occupyLane(admitting)
                effects.append(.compute(admitting.request.ticket, { Computed(body) }))
            case .refused(let refusal): refusedByAdmission(refusal, admitting)
            }
        } catch {
            reply(admitting.request.ticket, .malformed(error))
        }
    }

    private mutating func propose(_ admitted: HostedAdmission.Admitted, _ admitting: Admitting) {
        let proposal = Proposal(
            by: admitted.by,
            key: admitting.key,
            request: admitting.digest,
            operation: admitted.operation,
            since: admitting.request.since,
            carriesSecret: admitted.secret != nil
        )
        enqueue(proposal, secret: admitted.secret, admitting.request.ticket)
    }

    /// A refusal may come from a state that is behind: it counts only after a read index.
    private mutating func refusedByAdmission(
        _ refusal: Refusal,
        _ admitting: Admitting
    ) {
        guard admitting.isConfirmed else {
            occupyLane(admitting)
            reads.gather(.admission(admitting.request.ticket), deadline: deadline)
            return
        }
        let ticket = admitting.request.ticket
        // A second look: the first try may have taken effect, and that is why it is refused now.
        if let by = state.claimant(
            of: admitting.request.body,
            from: admitting.request.caller
        ),
            let record = state.record(of: RequestIdentity(by: by, key: admitting.key))
        {
            if record.request != admitting.digest {
                reply(ticket, .failed(.keyReused, key: admitting.key))
            } else if let stored = state.refusal(in: record.output) {
                reply(ticket, .refused(stored))
            } else {
                reply(ticket, .output(record.index, record.output, secret: nil, isRepeated: true))
            }
        } else {
            reply(ticket, .refused(refusal))
        }
    }

    /// The state is now as new as the request: what it refuses is final.
    mutating func readmit(_ ticket: Ticket) {
        guard var admitting = self.admitting.removeValue(forKey: ticket) else { return }
        admitting.isConfirmed = true
        admit(admitting)
        leaveLane(ticket)
    }

    mutating func take(_ computed: Computed, for ticket: Ticket) {
        guard let admitting = admitting[ticket] else { return }
        switch computed {
        case .admitted(let admitted):
            self.admitting[ticket] = nil
            propose(admitted, admitting)
            leaveLane(ticket)
        case .refused(let refusal):
            if admitting.isConfirmed {
                self.admitting[ticket] = nil
                reply(ticket, .refused(refusal))
                leaveLane(ticket)
            } else {
                self.admitting[ticket]?.isComputing = false
                reads.gather(.admission(ticket), deadline: deadline)
            }
        case .overloaded:
            self.admitting[ticket] = nil
            reply(ticket, .failed(.overloaded, key: admitting.key))
            leaveLane(ticket)
        }
    }

    private mutating func occupyLane(_ admitting: Admitting) {
        let ticket = admitting.request.ticket
        self.admitting[ticket] = admitting
        let lane = admitting.request.lane
        laneOf[ticket] = lane
        if lanes[lane] == nil { lanes[lane] = Lane(busy: ticket) }
    }

    /// Goes on with what the connection sent after this request.
    private mutating func leaveLane(_ ticket: Ticket) {
        guard admitting[ticket] == nil, let lane = laneOf.removeValue(forKey: ticket),
            let left = lanes.removeValue(forKey: lane)
        else { return }
        var waiting = left.waiting[...]
        while let next = waiting.popFirst() {
            begin(next)
            // If that one is not admitted at once either, the rest waits behind it.
            if lanes[lane] != nil {
                lanes[lane]?.waiting = Array(waiting)
                return
            }
        }
    }

    var deadline: Instant { now.instant + configuration.requestTimeout }

    private mutating func enqueue(_ proposal: Proposal, secret: [UInt8]?, _ ticket: Ticket) {
        if let failure = refusal(of: proposal, from: "this node's own clients") {
            reply(ticket, .failed(failure, key: proposal.key))
            return
        }
        pending.append(
            PendingRequests.Request(
                ticket: ticket,
                proposal: proposal,
                secret: secret,
                deadline: deadline
            )
        )
        routeMore()
    }

    mutating func reply(_ ticket: Ticket, _ reply: Reply) {
        budget.answered(bytes: reply.bytes)
        intake.release(ticket)
        effects.append(.reply(ticket, reply))
    }

    mutating func abandon(_ ticket: Ticket) {
        if pending.remove(ticket) != nil { intake.release(ticket) }
        if awaited?.ticket == ticket { awaited = nil }
        streams.close(ticket)
        openings[ticket] = nil
        queries[ticket] = nil
        guard let request = admitting.removeValue(forKey: ticket) else { return }
        if request.isComputing { effects.append(.uncompute(ticket)) }
        intake.release(ticket)
        leaveLane(ticket)
    }

    /// Answers what has waited too long; of very many some now, and the rest with the next timer,
    /// which is due at once.
    mutating func expireRequests() {
        for _ in 0..<1_024 {
            guard let expired = pending.removeExpired(at: now.instant) else { break }
            let failure: RequestFailure = expired.handOvers > 0 ? .outcomeUnknown : .noLeader
            reply(expired.ticket, .failed(failure, key: expired.proposal.key))
        }
    }

    /// A request could not be admitted in time, because no state was known to be new enough.
    mutating func failAdmission(_ ticket: Ticket, _ failure: RequestFailure = .noLeader) {
        guard let admitting = admitting.removeValue(forKey: ticket) else { return }
        reply(ticket, .failed(failure, key: admitting.key))
        leaveLane(ticket)
    }
}
