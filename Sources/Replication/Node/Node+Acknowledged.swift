import Storage

/// What others know of a node is told back to it, so that an old copy of a directory is found as
/// soon as one of them is there (pitfall 58).
///
/// A node has each committed entry that it ever acknowledged, and a term that is no earlier than
/// any in which it acknowledged or voted: both were durable before it said so. One that does not
/// was put back, and is *repairing* from then on: it votes as if it had what it acknowledged, gives
/// no vote in a term in which it may have given one, and leads only once a leader has brought it
/// what it had.
extension Node {
    /// Tells the members what is known of each, if this node leads and there are news.
    mutating func tellAcknowledged() {
        guard core.role == .leader, cluster != nil, acknowledgements.mayTell(at: now.instant),
            let news = acknowledgements.news(seenByLeader, at: now.instant)
        else { return }
        for member in core.membership.all where member.identity != identity {
            if isLinked(member.identity) { send(.acknowledged(news), to: member.identity) }
        }
    }

    /// What the members have acknowledged to this leader, itself among them.
    ///
    /// Who has acknowledged nothing in this term may not even know of it; and this node itself does
    /// not, after a crash, if others alone elected it while its own vote was still being written.
    private var seenByLeader: [Acknowledged] {
        var all = core.progress.map { (node: $0.identity, durable: $0.match) }
        if core.state.durability.isTermDurable { all.append((identity, core.durableIndex)) }
        return all.filter { $0.durable > .zero }.compactMap { node, durable in
            let index = min(durable, core.commitIndex)
            // What is compacted is in a snapshot, which says no term of its entries but the last.
            guard core.membership.member(node) != nil, let position = core.log.position(at: index)
            else { return nil }
            return Acknowledged(node: node, position: position, term: core.term)
        }
    }

    /// Notes that a voter gave its vote in this term, which is durable there.
    mutating func noteVote(_ message: Message, of node: NodeIdentity) {
        guard case .voteReply(let reply) = message, reply.isGranted else { return }
        acknowledgements.note(Acknowledged(node: node, position: .zero, term: reply.term))
    }

    /// Takes in what a member knows of others, and of this node.
    mutating func take(_ acknowledged: [Acknowledged]) {
        for one in acknowledged where core.membership.member(one.node) != nil {
            acknowledgements.note(one)
        }
        compareWithAcknowledged()
    }

    /// Tells a node what is known of it, before anything else.
    mutating func tellBack(to node: NodeIdentity) {
        guard let known = acknowledgements[node] else { return }
        send(.acknowledged([known]), to: node)
    }

    /// How a node begins to say that its disk was put back.
    static var oldCopy: String { "this node's data directory is an old copy" }

    /// Becomes repairing if the disk does not hold what this node is known to have acknowledged.
    mutating func compareWithAcknowledged() {
        #if PLANTED_BUGS
        if PlantedBug.oldCopyVotes.isActive { return }
        #endif
        // The log begins anew just now, or its state does: what it lacks is known already.
        guard let told = acknowledgements[identity], divergence == nil, !isResetting,
            contradiction == nil, removal == nil
        else { return }
        let isMissing = !holds(told.position) && core.lastPosition < told.position
        let isKnown = core.state.lost.map { !($0 < told.position) } ?? false
        let lost = isMissing && !isKnown ? told.position : nil
        guard lost != nil || core.term < told.term else { return }
        log(
            .critical,
            "\(Self.oldCopy): the others know that it acknowledged entry"
                + " \(told.position) and spoke in term \(told.term), and it ends at"
                + " \(core.lastPosition) in term \(core.term); it votes for nobody who lacks that,"
                + " and does not lead until it has it again"
        )
        if let lost {
            records.append(.lost(lost))
            let begin = now.instant + configuration.consensus.electionTimeout
            // What a damaged disk keeps behind its holes is good, whatever it lacks besides.
            if repair?.extend(to: lost) == nil {
                repair = Repair(lost: lost, kept: [], begin: begin)
            }
        }
        stepCore(.forgotten(lost, term: told.term))
    }

    private func holds(_ position: LogPosition) -> Bool {
        position.index <= core.log.before.index
            || core.log.term(at: position.index) == position.term
    }
}
