import Storage

/// A contradiction that this node has met.
struct FoundContradiction: Sendable {
    let found: Contradiction
    /// When the node stops; until then it tells the others.
    let stopsAt: Instant
}

/// Two histories, of which one was made by a node on an old copy of its directory (pitfall 58).
///
/// Whose committed entries a leader contradicts keeps its log as it is, tells the others and stops.
/// They go on, and show the alarm until that node is a member no more: it was removed, or came back
/// with an empty directory, as another incarnation.
extension Node {
    /// How long the others are told before this node stops.
    private static var patience: Duration { .seconds(1) }

    /// Whether the term of an append's `previous` began otherwise here.
    mutating func isContradicted(by append: Append, of leader: NodeIdentity) -> Bool {
        #if PLANTED_BUGS
        if PlantedBug.contradictionIsTruncated.isActive { return false }
        #endif
        let previous = append.previous
        guard append.term >= core.term else { return false }
        if contradicts(previous, of: leader) { return true }
        guard ownTerm(at: previous.index) == previous.term, let theirs = append.origin,
            let own = origins[previous.term], own != theirs
        else { return false }
        contradicted(by: leader, own, theirs)
        return true
    }

    /// The term of an entry that is held or was compacted, as far as it is known.
    private func ownTerm(at index: LogIndex) -> Term? {
        core.log.term(at: index)
            ?? (index < core.log.before.index ? origins.term(at: index) : nil)
    }

    /// Whether a committed entry, compacted or not, is of another term than the leader's.
    private mutating func contradicts(_ other: LogPosition, of leader: NodeIdentity) -> Bool {
        guard other.index <= core.commitIndex, let term = ownTerm(at: other.index),
            term != other.term
        else { return false }
        let own = LogPosition(index: other.index, term: term)
        contradicted(
            Contradiction(node: identity, entry: own, leader: leader, other: other)
        )
        return true
    }

    /// Whether an entry that begins a term is held here with another content.
    mutating func isContradicted(
        by entries: [(head: LogEntry.Head, line: [UInt8])],
        term: Term,
        of leader: NodeIdentity
    ) -> Bool {
        #if PLANTED_BUGS
        if PlantedBug.contradictionIsTruncated.isActive { return false }
        #endif
        guard term >= core.term else { return false }
        for (head, line) in entries {
            if contradicts(head.position, of: leader) { return true }
            guard let own = origins[head.position.term], own.position == head.position else {
                continue
            }
            let theirs = TermOrigin(position: head.position, line: line)
            guard own != theirs else { continue }
            contradicted(by: leader, own, theirs)
            return true
        }
        return false
    }

    /// Whether a snapshot's entries are others than are committed here.
    mutating func isContradicted(by piece: SnapshotPiece, of leader: NodeIdentity) -> Bool {
        #if PLANTED_BUGS
        if PlantedBug.contradictionIsTruncated.isActive { return false }
        #endif
        let index = min(piece.position.index, core.commitIndex)
        if let (own, theirs) = origins.difference(from: piece.origins, through: index) {
            contradicted(
                by: leader,
                own,
                theirs ?? piece.origins.through(own.position.index).all.last
            )
            return true
        }
        return contradicts(piece.position, of: leader)
    }

    private mutating func contradicted(
        by leader: NodeIdentity,
        _ own: TermOrigin,
        _ theirs: TermOrigin?
    ) {
        contradicted(
            Contradiction(
                node: identity,
                entry: own.position,
                leader: leader,
                other: theirs?.position ?? .zero
            )
        )
    }

    /// Tells everybody, answers whoever waits here, and does nothing more but that.
    mutating func contradicted(_ found: Contradiction) {
        #if PLANTED_BUGS
        if PlantedBug.contradictionIsTruncated.isActive { return }
        #endif
        guard contradiction == nil else { return }
        guard core.names(found.leader) else {
            // Anybody may say so: nothing of it is taken, and this node goes on.
            return log(
                .warning,
                "\(found); the log here does not name \(found.leader): it is not followed",
                kind: "contradiction"
            )
        }
        contradiction = FoundContradiction(found: found, stopsAt: now.instant + Self.patience)
        arrival = nil
        log(.critical, "\(found); this node keeps its log as it is, and stops")
        for node in routes.nodes where node != identity { send(.contradiction(found), to: node) }
        refuseAll()
        for request in pending.inOrder {
            reply(
                request.ticket,
                .failed(request.outcome(of: .stopping), key: request.proposal.key)
            )
        }
    }

    /// What a node does that is about to stop: it tells who connects, and answers nobody else.
    mutating func handleContradicted(_ input: NodeInput) {
        guard let contradiction else { return }
        switch input {
        case .linked(let address, let hello): linkReady(address, hello)
        case .request(let request): reply(request.ticket, .failed(.stopping, key: request.key))
        case .query(let ticket, _, _, _), .prepareQuery(let ticket, _),
            .keptQuery(let ticket, _, _, _):
            reply(ticket, .failed(.stopping, key: nil))
        case .openStream(let ticket, _, _): effects.append(.endStream(ticket, nil))
        case .order(let ticket, _): reply(ticket, .ordered(.notLeader(nil)))
        case .timer, .turnEnded: break
        case .abandon, .computed, .persisted, .adopted, .loaded, .keptLoaded, .hello, .unlinked,
            .linkEnded, .message, .pauseStream, .resumeStream, .snapshotted, .snapshotFailed,
            .snapshotRead, .snapshotReceived,
            .snapshotChecked, .logReset, .compacted, .unloadable, .damaged, .disk, .stop:
            break
        }
        guard contradiction.stopsAt <= now.instant else { return }
        effects.append(
            .contradicted(
                "\(contradiction.found). Nothing of this node's log was taken back: keep its data"
                    + " directory, and see \"Two histories\" in Docs/Operations.md"
            )
        )
    }

    /// Another member has found two histories: shown until that one is a member no more.
    mutating func alarm(_ found: Contradiction, from node: NodeIdentity) {
        guard found.node == node, alarms.updateValue(found, forKey: node) == nil else { return }
        log(.error, "\(found); \(node) has stopped, and its log may hold what this cluster lost")
    }
}
