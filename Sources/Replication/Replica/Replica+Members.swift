public import Storage

/// Who belongs to the cluster, and changes of it; only the leader carries them out.
///
/// There is one change at a time. To be sure of what a change starts from, plan it, and give back
/// ``ChangePlan/expecting``.
extension Replica {
    /// Says what a change would lead to, and does nothing.
    ///
    /// - Parameters:
    ///   - change: The change.
    ///   - expecting: The entry with the membership that the caller knows, or nil if any will do.
    /// - Returns: The members after it, how many of them must agree, who of them is live, and how
    ///   far each is behind.
    /// - Throws: ``ReplicationError/change(_:)`` if it would not be begun; it names the leader if
    ///   this node does not lead.
    public func plan(
        _ change: MembershipChange,
        expecting: LogIndex? = nil
    ) async throws(ReplicationError) -> ChangePlan {
        let outcome = try await order(.change(change, expecting: expecting, isDryRun: true))
        guard case .planned(let plan) = outcome else { throw Opening.error(outcome) }
        return plan
    }

    /// Changes the members, and waits until the change is committed.
    ///
    /// A node that is to join need not be added by this: started with a join list it asks by
    /// itself. What must be ordered is all that takes somebody's vote.
    ///
    /// - Parameters:
    ///   - change: The change.
    ///   - expecting: The entry with the membership that the caller knows, or nil if any will do.
    /// - Returns: The members now, and the entry that holds them.
    /// - Throws: ``ReplicationError/change(_:)`` if nothing was done,
    ///   ``ReplicationError/changeUnknown`` if the leader changed meanwhile.
    @discardableResult
    public func change(
        _ change: MembershipChange,
        expecting: LogIndex? = nil
    ) async throws(ReplicationError) -> (index: LogIndex, membership: Membership) {
        let outcome = try await order(.change(change, expecting: expecting))
        guard case .changed(let index, let membership) = outcome else {
            throw Opening.error(outcome)
        }
        return (index, membership)
    }

    private func order(_ order: ClusterOrder) async throws(ReplicationError) -> OrderOutcome {
        let ticket = front.newTicket()
        let reply = await reply(to: .order(ticket, order), ticket)
        guard case .ordered(let outcome) = reply else { throw Opening.error(reply) }
        return outcome
    }
}

extension Opening {
    /// What an outcome that is no success means to a caller in this process.
    fileprivate static func error(_ outcome: OrderOutcome) -> ReplicationError {
        switch outcome {
        case .changeRefused(let refusal): .change(refusal)
        case .notLeader(let leader): .change(.notLeader(leader))
        case .changeUnknown: .changeUnknown
        case .planned, .changed, .transfer: .failed("an answer of another kind")
        }
    }
}
