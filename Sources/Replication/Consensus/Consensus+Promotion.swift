import Storage

/// The round in which a member that joins, and a majority of the voters that there would be with it,
/// must answer before it becomes one.
struct Promotion: Hashable, Sendable {
    /// Who becomes a voter.
    let node: NodeIdentity
    /// Answers count from this round on.
    let round: AppendRound
}

/// Members that become voters by themselves.
///
/// What check-quorum knows of who is live is up to two election timeouts old. One voter more may
/// raise the majority, so a promotion waits for a round that was begun for it: if the newcomer
/// and a minority of the voters fail at the same time, the voters that are left go on without it.
extension Consensus {
    /// The membership that a promotion under way leads to, if its round is answered.
    package var promised: Membership? {
        guard let promotion = state.leadership?.promotion,
            case .success(let plan) = plan(.promote(promotion.node), expecting: nil)
        else { return nil }
        return plan.membership
    }

    /// Makes voters of those that joined, have caught up and are there.
    ///
    /// Called at the end of a step: it changes the places of the peers.
    mutating func promoteJoined(_ now: Instant) {
        guard let leadership = state.leadership, !leadership.joining.isEmpty else { return }
        if let promotion = leadership.promotion { return goOn(with: promotion) }
        for node in leadership.joining where isCaughtUp(node) {
            guard case .success = plan(.promote(node), expecting: nil) else { continue }
            beginRound(now)
            state.leadership?.promotion = Promotion(node: node, round: timing.round)
            return
        }
    }

    private mutating func goOn(with promotion: Promotion) {
        guard isCaughtUp(promotion.node),
            case .success(let plan) = plan(.promote(promotion.node), expecting: nil)
        else {
            state.leadership?.promotion = nil
            return
        }
        if isAnswered(promotion, by: Quorum(joint(of: plan))) { begin(plan) }
    }

    private func isAnswered(_ promotion: Promotion, by quorum: Quorum) -> Bool {
        guard let leadership = state.leadership, let place = peerPlace(promotion.node),
            let acked = leadership.ackedRound(in: quorum, leader: state.identity)
        else { return false }
        return min(acked, leadership.peers[place].ackedRound) >= promotion.round
    }
}
