import Storage

/// The lead on its way from this leader to another voter.
struct LeadershipTransfer: Hashable, Sendable {
    let target: NodeIdentity
    /// The term in which it began.
    let term: Term
    /// How many orders wait for its end; none if the leader itself began it.
    var orders: Int
    /// Whether the target is to be asked as soon as it has the whole log; anew with each heartbeat,
    /// for the message may be lost.
    var isDue = true
    /// Whether the target was asked.
    var isAsked = false
}

extension Consensus.Leadership {
    /// How a hand-over ends when this leader follows `leader`, or nobody yet, in `term`.
    func transferEnd(following leader: NodeIdentity?, _ term: Term) -> TransferEnd {
        if let leader { return .moved(to: leader) }
        guard let transfer, transfer.isAsked, term > transfer.term else {
            return .refused("this node stopped leading")
        }
        return .moved(to: transfer.target)
    }
}

/// Handing the lead over (Thesis §3.10).
///
/// The leader takes no proposals until the target has its whole log and is asked to campaign at
/// once. Every way out passes through ``endTransfer(_:)`` (pitfall 46).
extension Consensus {
    /// Whether this leader is handing the lead over, and takes no proposals.
    package var isTransferring: Bool { state.leadership?.transfer != nil }

    /// Takes in an order; each ends once.
    mutating func transfer(to wanted: NodeIdentity?, _ now: Instant) {
        guard let leadership = state.leadership else {
            return refuseTransfer("this node does not lead")
        }
        if let running = leadership.transfer {
            guard wanted == nil || wanted == running.target else {
                return refuseTransfer("the lead is being handed over to \(running.target)")
            }
            state.leadership?.transfer?.orders += 1
            return
        }
        guard let target = wanted ?? bestSuccessor else {
            return refuseTransfer("no other voter was heard lately")
        }
        guard maySucceed(target) else {
            let isOwn = target == state.identity
            return refuseTransfer("\(target) \(isOwn ? "leads already" : "is no voter")")
        }
        beginTransfer(to: target, .order, now)
    }

    private mutating func refuseTransfer(_ reason: String) {
        turn.outcomes.append(.transferEnded(.refused(reason)))
    }

    mutating func beginTransfer(to target: NodeIdentity, _ cause: TransferCause, _ now: Instant) {
        let orders = cause == .order ? 1 : 0
        let transfer = LeadershipTransfer(target: target, term: term, orders: orders)
        state.leadership?.transfer = transfer
        timing.transferDeadline = now + configuration.electionTimeout
        turn.outcomes.append(.transferBegan(to: target, cause))
    }

    /// Asks the target to campaign once it has the whole log, or ends if it must not lead any more.
    mutating func goOnWithTransfer() {
        guard let transfer = state.leadership?.transfer else { return }
        guard maySucceed(transfer.target) else {
            return endTransfer(.refused("\(transfer.target) is no voter any more"))
        }
        guard transfer.isDue, let place = peerPlace(transfer.target),
            state.leadership?.peers[place].match == state.log.lastIndex
        else { return }
        state.leadership?.transfer?.isDue = false
        state.leadership?.transfer?.isAsked = true
        send(.timeoutNow(term), to: transfer.target)
    }

    /// Goes on leading if the target has not taken over in time.
    mutating func giveUpTransferIfDue(_ now: Instant) {
        guard let deadline = timing.transferDeadline, now >= deadline,
            let transfer = state.leadership?.transfer
        else { return }
        endTransfer(.timedOut(transfer.target))
    }

    /// Clears the hand-over, if there is one, and answers the orders that wait for it.
    ///
    /// Once the target was asked, it may take over whatever happens here.
    mutating func endTransfer(_ end: TransferEnd) {
        guard let transfer = state.leadership?.transfer else { return }
        var end = end
        if case .refused = end, transfer.isAsked { end = .timedOut(transfer.target) }
        state.leadership?.transfer = nil
        timing.transferDeadline = nil
        for _ in 0..<transfer.orders { turn.outcomes.append(.transferEnded(end)) }
    }

    /// Whether the lead may be handed to this node: another voter that stays one.
    func maySucceed(_ node: NodeIdentity) -> Bool {
        node != state.identity && state.quorum.incoming.contains(node)
    }

    /// The live voter whose log is closest to this one; of equals the first by identity.
    var bestSuccessor: NodeIdentity? {
        var best: Progress?
        for peer in progress where maySucceed(peer.identity) && isLive(peer) {
            guard let known = best else {
                best = peer
                continue
            }
            // Who takes no entries now, because its disk is full or its logs differ, comes last.
            let isBetter =
                (known.mode == .replicate) == (peer.mode == .replicate)
                ? peer.match > known.match : peer.mode == .replicate
            if isBetter { best = peer }
        }
        return best?.identity
    }
}
