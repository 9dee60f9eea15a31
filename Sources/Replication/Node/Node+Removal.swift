import Storage

/// A member that is one no more: it keeps its data, and disturbs nobody (pitfall 23).
extension Node {
    /// Takes in that this node was removed by an entry; zero if it was not told which.
    mutating func retire(_ index: LogIndex) {
        guard removal == nil, core.role != .leader else { return }
        removal = index
        log(
            .warning,
            "this node was removed from the cluster\(index == .zero ? "" : " by entry \(index)"); its"
                + " data stays. To bring it back, start it with an empty data directory and --join"
        )
        for request in pending.inOrder {
            guard let request = pending.remove(request.ticket) else { continue }
            let failure: RequestFailure = request.handOvers > 0 ? .outcomeUnknown : .removed
            reply(request.ticket, .failed(failure, key: request.proposal.key))
        }
        // No read index comes any more: who waits for one, or reads a stream, goes on elsewhere.
        refuseAll(.removed)
    }

    /// Another node says that this one is removed; believed of members of the configuration that
    /// this node knows.
    ///
    /// All of those may be gone as well: then this node is left with no leader, which is as true.
    mutating func takeRemoved(_ index: LogIndex, from hello: Hello) {
        let isMember = core.membership.member(identity) != nil
        guard hello.cluster == cluster, core.names(hello.from),
            !(isMember && core.membershipIndex >= index)
        else { return }
        retire(index)
    }

    /// Goes on as a member if the log, or a leader's append, says that this node is one again.
    mutating func returnIfMember() {
        guard let removal, core.membershipIndex > removal,
            core.membership.member(identity) != nil
        else { return }
        self.removal = nil
        log(.notice, "this node is a member again, since entry \(core.membershipIndex)")
    }

    /// Says to a former member what it may have missed.
    mutating func tellIfRemoved(_ node: NodeIdentity) {
        guard core.membership.member(node) == nil,
            let gone = state.formerMembers.retirement(of: node)
        else { return }
        send(.removed(gone.index), to: node)
    }

    /// Whether the log says that this node was removed; it may have been the leader until then.
    mutating func noticeOwnRemoval() {
        if let gone = state.formerMembers.retirement(of: identity) { retire(gone.index) }
    }
}
