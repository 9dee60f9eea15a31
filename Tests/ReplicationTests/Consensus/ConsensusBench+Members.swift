import Replication
import Storage

/// Changes of members, played by hand.
extension ConsensusBench {
    static let d = NodeIdentity(id: "d", incarnation: "00000000000000dd")
    static let e = NodeIdentity(id: "e", incarnation: "00000000000000ee")

    static func member(_ identity: NodeIdentity, _ role: Member.Role = .voter) -> Member {
        Member(
            identity: identity,
            peerAddress: "\(identity.id):1",
            clientAddress: "\(identity.id):2",
            role: role
        )
    }

    static func membership(_ incoming: [Member], from outgoing: [Member] = []) -> Membership {
        Membership(incoming: incoming, outgoing: outgoing)
    }

    /// A leader in term 2 of these members, whose first entry is committed, as is the membership.
    static func leader(of members: [Member]) -> ConsensusBench {
        var bench = ConsensusBench(members: Membership(incoming: members))
        bench.elect()
        bench.commitAll()
        return bench
    }

    /// Wins an election with the votes of all others.
    mutating func elect() {
        persist()
        wait()
        let others = core.membership.all.map(\.identity)
        let term = core.role == .candidate ? core.term : core.term.next
        for peer in others {
            receive(
                .preVoteReply(VoteReply(term: core.term, asked: term, isGranted: true)),
                from: peer
            )
        }
        persist()
        for peer in others {
            receive(.voteReply(VoteReply(term: term, asked: term, isGranted: true)), from: peer)
        }
    }

    /// Makes all that the leader has durable here and on these peers, by default on all.
    mutating func commitAll(on peers: [NodeIdentity]? = nil) {
        persist()
        for peer in peers ?? core.progress.map(\.identity) { catchUp(peer) }
    }

    /// Has a peer answer that it holds the whole log.
    @discardableResult
    mutating func catchUp(_ peer: NodeIdentity) -> [Effect] {
        acknowledge(core.lastPosition.index.value, from: peer, round: newestRound)
    }

    /// Has these peers answer the newest round.
    @discardableResult
    mutating func answerRound(_ peers: [NodeIdentity]) -> [Effect] {
        peers.flatMap { catchUp($0) }
    }

    /// Lets these peers be silent for some looks of check-quorum, while the others answer.
    mutating func lose(_ silent: [NodeIdentity], for looks: Int64 = 3) {
        let end = now + .nanoseconds(core.configuration.electionTimeout.nanoseconds * looks)
        while now < end {
            wait()
            for peer in core.progress where !silent.contains(peer.identity) {
                acknowledge(peer.match.value, from: peer.identity, round: newestRound)
            }
        }
    }

    /// Asks for a change.
    @discardableResult
    mutating func change(_ change: MembershipChange, expecting: LogIndex? = nil) -> [Effect] {
        step(.change(change, expecting: expecting))
    }
}

extension [Effect] {
    /// The memberships that were put into effect.
    var memberships: [Membership] {
        compactMap { if case .append(.members(_, let membership)) = $0 { membership } else { nil } }
    }
    /// Why a change was refused.
    var changeRefusal: ChangeRefusal? {
        compactMap { if case .changeRefused(let refusal) = $0 { refusal } else { nil } }.first
    }
}
