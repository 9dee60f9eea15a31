import Storage

/// What operators order, and the lead on its way to another node.
extension Node {
    mutating func take(_ order: ClusterOrder, _ ticket: Ticket) {
        guard core.role == .leader else {
            reply(ticket, .ordered(.notLeader(core.leader)))
            return
        }
        guard divergence == nil else {
            // It is about to hand over, and begins nothing.
            reply(ticket, .ordered(.notLeader(nil)))
            return
        }
        switch order {
        case .change(let change, let expecting, let isDryRun):
            take(change, expecting: expecting, isDryRun: isDryRun, ticket)
        case .transfer(let target):
            transferOrders.append(ticket)
            stepCore(.transfer(to: target))
        }
    }

    /// Orders that run end together; one that is refused while another runs is the newest.
    mutating func transferEnded(_ end: TransferEnd) {
        guard let ticket = transferOrders.popLast() ?? nil else { return }
        reply(ticket, .ordered(.transfer(end)))
    }

    mutating func transferBegan(_ target: NodeIdentity, _ cause: TransferCause) {
        successor = target
        let reason =
            switch cause {
            case .order: "as ordered"
            case .policy: "which the election policy prefers"
            case .stalledDisk: "because this node's disk does not finish its writes"
            case .removal: "because this node is no voter any more"
            case .divergence: "because this node's state is bad"
            }
        log(.notice, "handing the lead over to \(target), \(reason)")
    }

    /// Says so if this node goes on leading.
    mutating func noteTransfer() {
        guard let target = successor, !core.isTransferring else { return }
        successor = nil
        if core.role == .leader {
            log(.warning, "\(target) did not take the lead over; this node goes on leading")
        }
    }

    /// Takes nothing new; a leader first hands over, so that nobody waits for an election.
    mutating func stop() {
        isStopping = true
        guard core.role == .leader else { return }
        handOverDeadline = now.instant + configuration.consensus.electionTimeout * 2
        transferOrders.append(nil)
        stepCore(.transfer(to: nil))
    }

    /// Whether this node stops, and another one is about to take the lead.
    package var isHandingOver: Bool {
        guard let handOverDeadline, handOverDeadline > now.instant else { return false }
        return core.isTransferring || core.role != .leader && core.leader == nil
    }
}
