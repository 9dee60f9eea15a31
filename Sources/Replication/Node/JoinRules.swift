package import Storage

/// Who becomes a member by asking, and who has to wait for an operator.
///
/// A value: what the leader knows goes in, a decision comes out. An id that is a member's is taken
/// over only where its disk was lost: from the same address, once the old incarnation is silent,
/// one at a time, and one per id and hour, so that two nodes of one name do not chase each other.
package struct JoinRules: Sendable {
    /// What is done about one that asks.
    package enum Decision: Hashable, Sendable {
        /// It is a member already.
        case isMember
        /// The change that makes it one, or makes room for it.
        case change(MembershipChange)
        /// Nothing, and why.
        case refused(LinkRefusal)
    }

    /// The members in effect.
    package var membership: Membership
    /// Who was a member before.
    package var formerMembers: MemberHistory
    /// The log's time.
    package var time: Timestamp
    /// How long a member must be silent before another incarnation takes its place.
    package var patience: Duration

    /// Creates the rules as of now.
    package init(
        membership: Membership,
        formerMembers: MemberHistory,
        time: Timestamp,
        patience: Duration
    ) {
        self.membership = membership
        self.formerMembers = formerMembers
        self.time = time
        self.patience = patience
    }

    /// Decides about a node that asks.
    ///
    /// - Parameters:
    ///   - wish: Who asks, and what it wants to be.
    ///   - isSilent: Whether a member was not heard for ``patience``.
    /// - Returns: What is to be done.
    package func decide(
        _ wish: Member,
        isSilent: (NodeIdentity) -> Bool
    ) -> Decision {
        if membership.member(wish.identity) != nil { return .isMember }
        if let refusal = Self.removal(of: wish.identity, in: formerMembers) {
            return .refused(refusal)
        }
        guard Member.isAddress(wish.peerAddress), Member.isAddress(wish.clientAddress) else {
            return Self.refused(
                "address_invalid",
                "an address of \(wish.identity) is not host:port"
            )
        }
        let others = membership.all.filter { $0.identity.id != wish.identity.id }
        if let other = others.first(where: {
            Address.isSame($0.peerAddress, wish.peerAddress)
        }) {
            return Self.refused(
                "address_in_use",
                "\(wish.identity) says it is at \(wish.peerAddress), where the cluster knows"
                    + " \(other.identity): give it a peer address of its own, or remove that one"
            )
        }
        let namesakes = membership.all.filter { $0.identity.id == wish.identity.id }
        guard let old = namesakes.first else { return decide(newcomer: wish, isSilent) }
        if let refusal = refusal(of: wish, inPlaceOf: old, isSilent) { return .refused(refusal) }
        if let lost = lostAgain(wish, isSilent) { return .change(.remove(lost)) }
        // Without a vote to lose, the old one need not stay until the new one has caught up.
        guard old.role == .voter else { return .change(.remove(old.identity)) }
        // In a voter's place it becomes one: it was promoted by an order, which its command line, that
        // of a learner, does not know.
        var wish = wish
        wish.role = .joining
        return .change(.add(wish))
    }

    /// Decides about an id that no member has.
    ///
    /// Processes that come under a new id each time and go again would else raise the number of
    /// voters that must be heard until those that stay are too few (pitfall 59).
    private func decide(
        newcomer wish: Member,
        _ isSilent: (NodeIdentity) -> Bool
    ) -> Decision {
        guard membership.all.count < Membership.maximumCount else {
            // One that went before it had caught up has no vote to lose.
            let gone = membership.all.first { $0.role == .joining && isSilent($0.identity) }
            if let gone { return .change(.remove(gone.identity)) }
            return Self.refused(
                "too_many_members",
                "a cluster has \(Membership.maximumCount) members at the most"
            )
        }
        if wish.role == .learner { return .change(.add(wish)) }
        let voters = membership.all.filter { $0.role == .voter }
        let silent = voters.filter { isSilent($0.identity) }
        let joining = membership.all.count { $0.role == .joining }
        let needed = (voters.count + joining + 1) / 2 + 1
        guard silent.isEmpty || voters.count - silent.count >= needed else {
            let names = silent.map { "\($0.identity)" }.joined(separator: ", ")
            return Self.refused(
                "voters_silent",
                "\(names) was not heard for \(patience): with another voter the cluster would need"
                    + " \(needed) of \(voters.count + joining + 1), and hears"
                    + " \(voters.count - silent.count): bring back who is silent, replace its disk"
                    + " under the same id and address, or remove it by an order"
            )
        }
        return .change(.add(wish))
    }

    /// The incarnation that was to take this id's place, and is silent itself: its disk is lost too.
    ///
    /// It has no vote to lose, but stands in the way of every replacement for as long as it stays.
    private func lostAgain(
        _ wish: Member,
        _ isSilent: (NodeIdentity) -> Bool
    ) -> NodeIdentity? {
        guard replacement == wish.identity.id else { return nil }
        return membership.all.first {
            $0.identity.id == wish.identity.id && $0.role == .joining
                && Address.isSame($0.peerAddress, wish.peerAddress) && isSilent($0.identity)
        }?.identity
    }

    private func refusal(
        of wish: Member,
        inPlaceOf old: Member,
        _ isSilent: (NodeIdentity) -> Bool
    ) -> LinkRefusal? {
        let both =
            "\(wish.identity) at \(wish.peerAddress) has the id of the member"
            + " \(old.identity) at \(old.peerAddress)"
        if replacement != nil, lostAgain(wish, isSilent) == nil {
            return LinkRefusal(
                code: "replacement_in_progress",
                message: "\(both), and a lost disk is being replaced already: it waits"
            )
        }
        if !Address.isSame(wish.peerAddress, old.peerAddress) {
            return LinkRefusal(
                code: "id_in_use",
                message: "\(both): give it another id, or, if the old one's disk is lost, the old"
                    + " one's peer address"
            )
        }
        if !isSilent(old.identity) {
            return LinkRefusal(
                code: "id_in_use",
                message: "\(both), which was heard within \(patience): if the old one's disk is"
                    + " lost, the new one takes its place after that"
            )
        }
        if formerMembers.wasReplacedLately(old.identity.id, at: time) {
            return LinkRefusal(
                code: "replaced_lately",
                message: "\(both), whose disk was replaced within the last"
                    + " \(MemberHistory.quarantine): see why, and replace it by an order, or wait"
            )
        }
        return nil
    }

    /// The id of which two incarnations are members, if there is one.
    private var replacement: String? {
        let ids = membership.all.map(\.identity.id).sorted()
        return zip(ids, ids.dropFirst()).first { $0 == $1 }?.0
    }

    /// Why an identity can be no member, if it was one before (pitfall 25).
    package static func removal(
        of identity: NodeIdentity,
        in formerMembers: MemberHistory
    ) -> LinkRefusal? {
        formerMembers.retirement(of: identity).map {
            LinkRefusal(
                code: "removed",
                message: "\(identity) was removed by entry \($0.index) and cannot return: start"
                    + " the node with an empty data directory"
            )
        }
    }

    private static func refused(_ code: String, _ message: String) -> Decision {
        .refused(LinkRefusal(code: code, message: message))
    }
}
