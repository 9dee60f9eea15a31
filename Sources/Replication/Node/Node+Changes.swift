import Storage

/// For whom a change of members is made.
enum ChangeOrigin: Hashable, Sendable {
    /// An order of an operator, or of the program that embeds the replica.
    case order(Ticket)
    /// A node that asks by itself, and who passed its wish on.
    case join(NodeIdentity, asker: NodeIdentity)
}

/// The change that an order waits for.
struct AwaitedChange: Hashable, Sendable {
    var ticket: Ticket
    /// The entry that began it, and the term of the leader who did.
    var begun: LogPosition
}

/// Changes of members, by order and by request.
extension Node {
    mutating func take(
        _ change: MembershipChange,
        expecting: LogIndex?,
        isDryRun: Bool,
        _ ticket: Ticket
    ) {
        guard !isStopping else { return reply(ticket, .failed(.stopping, key: nil)) }
        if let refusal = refusalOfReturn(change) {
            return reply(ticket, .ordered(.changeRefused(refusal)))
        }
        guard isDryRun else { return begin(change, expecting: expecting, .order(ticket)) }
        switch core.plan(change, expecting: expecting) {
        case .success(let plan): reply(ticket, .ordered(.planned(plan)))
        case .failure(let refusal): reply(ticket, .ordered(.changeRefused(refusal)))
        }
    }

    /// Whether all that was removed so far is known here, and no change is under way.
    var knowsMembers: Bool { mayPropose && state.membership.index == core.membershipIndex }

    /// Why nobody may be added now: who was removed must be known, and stays removed (pitfall 25).
    private func refusalOfReturn(_ change: MembershipChange) -> ChangeRefusal? {
        guard case .add(let member) = change else { return nil }
        if let removal = JoinRules.removal(of: member.identity, in: state.formerMembers) {
            return .invalid(removal.message)
        }
        return mayPropose ? nil : .notReady
    }

    /// Asks the core for a change; what it says comes back within the step.
    mutating func begin(
        _ change: MembershipChange,
        expecting: LogIndex?,
        _ origin: ChangeOrigin
    ) {
        if case .add = change, moveAlone() {
            return refuse(core.isChanging ? .inProgress(core.membershipIndex) : .notReady, origin)
        }
        asking = origin
        stepCore(.change(change, expecting: expecting))
        asking = nil
    }

    /// Logs where the only member is now, if the log knows it elsewhere; whether that was needed.
    ///
    /// Nobody looks for the only node of a cluster, so it may be started anywhere. Once another one is
    /// admitted the log's word counts, and its own next start would be refused.
    private mutating func moveAlone() -> Bool {
        guard core.membership.all.count == 1, let own = core.membership.member(identity),
            !Address.isSame(own.peerAddress, configuration.peerAddress)
        else { return false }
        let change = MembershipChange.readdress(
            identity,
            peer: configuration.peerAddress,
            client: configuration.clientAddress
        )
        log(.notice, "\(change.summary), and not at \(own.peerAddress) any more")
        stepCore(.change(change, expecting: nil))
        return true
    }

    /// The core has begun the change that it was asked for.
    mutating func began(_ position: LogPosition, _ membership: Membership) {
        guard let origin = asking, !membership.outgoing.isEmpty else { return }
        asking = nil
        switch origin {
        case .order(let ticket): awaited = AwaitedChange(ticket: ticket, begun: position)
        case .join(let node, let asker):
            if membership.member(node) != nil {
                send(.joinAnswer(node, .admitted), to: asker)
            } else {
                let message = "its former incarnation is being removed"
                let refusal = LinkRefusal(code: "change_in_progress", message: message)
                send(.joinAnswer(node, .refused(refusal)), to: asker)
            }
        }
    }

    /// The core does not begin the change that it was asked for.
    mutating func refuse(_ refusal: ChangeRefusal) {
        guard let origin = asking else { return }
        asking = nil
        refuse(refusal, origin)
    }

    mutating func refuse(_ refusal: ChangeRefusal, _ origin: ChangeOrigin) {
        switch origin {
        case .order(let ticket): reply(ticket, .ordered(.changeRefused(refusal)))
        case .join(let node, let asker):
            let refusal = LinkRefusal(code: refusal.code, message: refusal.description)
            send(.joinAnswer(node, .refused(refusal)), to: asker)
        }
    }

    /// Answers the order whose change is done, or can no longer be followed from here.
    ///
    /// A leader that removed itself stops leading with the very entry that ends the change. After
    /// another one's term began, what stands in the log may be another's change.
    mutating func settleChange() {
        guard let awaited else { return }
        // Not by the membership in effect: with the same step the next change may have begun.
        let done = core.committedMembership
        let isDone = done.index > awaited.begun.index && done.membership.outgoing.isEmpty
        if core.term == awaited.begun.term, isDone {
            self.awaited = nil
            reply(awaited.ticket, .ordered(.changed(done.index, done.membership)))
        } else if core.role != .leader {
            self.awaited = nil
            reply(awaited.ticket, .ordered(.changeUnknown))
        }
    }
}

extension ChangeRefusal: CustomStringConvertible {
    /// A short name that does not change.
    var code: String {
        switch self {
        case .notLeader: "no_leader"
        case .notReady: "not_ready"
        case .inProgress: "change_in_progress"
        case .changed: "members_changed"
        case .noLiveMajority: "no_live_majority"
        case .invalid: "change_invalid"
        case .transferring: "transferring"
        case .diskFull: "disk_full"
        }
    }

    /// What stands in the way, and what to do.
    public var description: String {
        switch self {
        case .notLeader(let leader):
            "only the leader changes members; it is \(leader?.description ?? "not known")"
        case .notReady: "the leader has only begun to lead: try again in a moment"
        case .inProgress(let index): "a change is under way since entry \(index): wait for its end"
        case .changed(let index): "the members have changed with entry \(index): look again"
        case .noLiveMajority(let live, let needed):
            "\(live) of the voters were heard lately, \(needed) are needed: bring some back first"
        case .invalid(let reason): reason
        case .transferring: "the lead is being handed over: try again in a moment"
        case .diskFull: "the leader's disk is full: make room first"
        }
    }
}

extension MembershipChange {
    /// In a few words, for the log.
    var summary: String {
        switch self {
        case .add(let member): "adding it as \(member.role.rawValue)"
        case .remove(let node): "removing \(node)"
        case .promote(let node): "promoting \(node)"
        case .demote(let node): "demoting \(node)"
        case .replace(let old, let new): "replacing \(old) with \(new)"
        case .readdress(let node, let peer, let client): "\(node) is now at \(peer) and \(client)"
        }
    }
}
