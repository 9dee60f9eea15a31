import Storage

/// Sending snapshots to members that lack what this leader has compacted.
extension Node {
    /// The core orders a snapshot for a member; a transfer that is under way goes on.
    mutating func sendSnapshot(to peer: NodeIdentity) {
        // No state leaves that may be the wrong one; the core asks again.
        guard divergence == nil, !digests.isContested else { return endTransfer(to: peer) }
        guard let transfer = sent.transfers[peer] else {
            sent.transfers[peer] = SnapshotsSent.Transfer()
            sent.followers[peer] = nil
            log(.info, "\(peer) needs entries that were compacted: it is sent a snapshot")
            sendWhatIsWritten()
            return
        }
        // It has a new connection: what was on the old one may be lost.
        if case .sent = transfer.phase {
            sent.transfers[peer]?.phase = .sent(again: now.instant)
        }
    }

    /// Begins the transfers that waited for a snapshot, or has one written.
    mutating func sendWhatIsWritten() {
        let waiting = sent.transfers.keys.sorted().filter {
            sent.transfers[$0]?.phase == .unwritten
        }
        guard !waiting.isEmpty else { return }
        guard let newest = snapshots.sendable else {
            snapshots.demand()
            return snapshotIfDue()
        }
        for peer in waiting {
            sent.transfers[peer]?.position = newest
            sent.transfers[peer]?.start = snapshots.appliedBytes
            pinSnapshots()
            readPiece(at: 0, for: peer)
        }
    }

    private mutating func readPiece(at offset: Int, for peer: NodeIdentity) {
        guard let position = sent.transfers[peer]?.position else { return }
        sent.transfers[peer]?.phase = .reading
        sent.transfers[peer]?.offset = offset
        effects.append(.transfer(.read(position, offset: offset, for: peer)))
    }

    /// A piece was read.
    mutating func take(_ read: SnapshotRead, for peer: NodeIdentity) {
        guard let transfer = sent.transfers[peer], transfer.phase == .reading,
            transfer.position == read.position, transfer.offset == read.offset
        else { return }
        switch read.result {
        case .success(let found):
            sent.transfers[peer]?.phase = .sent(again: now.instant + SnapshotsSent.patience)
            sent.transfers[peer]?.whole = found.whole
            sent.transfers[peer]?.pieceBytes = found.lines.reduce(0) { $0 + $1.count }
            var piece = SnapshotPiece(
                term: core.term,
                position: transfer.position,
                bytes: found.whole,
                offset: transfer.offset,
                lines: found.lines.count
            )
            piece.origins = origins.through(transfer.position.index)
            sendBulk(.snapshot(piece), to: peer, entries: found.lines)
        case .failure(let error):
            log(.error, "the snapshot at \(read.position) cannot be sent: \(error)")
            renewSnapshot()
            endTransfer(to: peer, after: SnapshotsSent.pause)
        }
    }

    /// What a member says to a piece.
    mutating func take(_ reply: SnapshotReply, from peer: NodeIdentity) {
        guard core.role == .leader, reply.term == core.term,
            let transfer = sent.transfers[peer], transfer.position == reply.position
        else { return }
        switch transfer.phase {
        case .unwritten, .failed: return
        case .reading, .sent: break
        }
        sent.transfers[peer]?.tries = 0
        switch reply.outcome {
        case .wants(let offset):
            // The same again: it is at work, and will say more or be asked again.
            guard offset != transfer.offset, offset <= transfer.whole else { return }
            readPiece(at: offset, for: peer)
        case .installed:
            log(.info, "\(peer) holds the snapshot of entry \(reply.position)")
            sent.transfers[peer] = nil
            sent.followers[peer] = SnapshotsSent.Follower(
                from: reply.position.index,
                end: core.lastPosition.index,
                whole: transfer.whole,
                start: transfer.start
            )
            pinSnapshots()
            stepCore(.snapshotSent(to: peer, position: reply.position))
        case .damaged(let reason):
            // Either side's disk may be the bad one; a new snapshot costs little.
            log(.error, "\(peer) got a damaged snapshot, another is written: \(reason)")
            renewSnapshot()
            endTransfer(to: peer, after: SnapshotsSent.pause)
        case .failed(let reason):
            log(.warning, "\(peer) cannot take the snapshot of entry \(reply.position): \(reason)")
            endTransfer(to: peer, after: SnapshotsSent.pause)
        }
    }

    private mutating func renewSnapshot() {
        snapshots.demand()
        snapshotIfDue()
    }

    /// Ends a transfer, or does not begin it; the core is told after a while.
    mutating func endTransfer(
        to peer: NodeIdentity,
        after pause: Duration = SnapshotsSent.pause
    ) {
        sent.transfers[peer] = SnapshotsSent.Transfer(phase: .failed(until: now.instant + pause))
        pinSnapshots()
    }

    /// Sends again what was not answered, and gives up who has been silent for too long.
    mutating func repeatPieces() {
        for peer in sent.due(at: now.instant) {
            guard let transfer = sent.transfers[peer] else { continue }
            if case .failed = transfer.phase {
                sent.transfers[peer] = nil
                stepCore(.snapshotFailed(to: peer))
            } else if transfer.tries + 1 >= SnapshotsSent.tries(bytes: transfer.pieceBytes) {
                log(.warning, "\(peer) is silent: no snapshot for it")
                sent.transfers[peer] = nil
                pinSnapshots()
                stepCore(.snapshotFailed(to: peer))
            } else {
                sent.transfers[peer]?.tries += 1
                readPiece(at: transfer.offset, for: peer)
            }
        }
    }

    /// Only a leader sends, and only to members; nothing of it stays (pitfall 46).
    mutating func endTransfers(_ isOver: (NodeIdentity) -> Bool = { _ in true }) {
        sent.followers = sent.followers.filter { !isOver($0.key) }
        guard sent.transfers.keys.contains(where: isOver) else { return }
        sent.transfers = sent.transfers.filter { !isOver($0.key) }
        pinSnapshots()
    }

    /// Keeps what is being sent, and nothing else (pitfall 33).
    private mutating func pinSnapshots() {
        let positions = sent.positions
        guard positions != pinned else { return }
        pinned = positions
        effects.append(.pinSnapshots(positions))
    }

    /// The last entry that may be forgotten, for those who are sent a snapshot or have just got one
    /// need what follows (pitfall 33).
    ///
    /// They are given up when the log has grown by more than they could ever make good: a disk that
    /// fills up stops them all.
    mutating func compactable(through index: LogIndex) -> LogIndex {
        giveUpOutrun()
        for (peer, follower) in sent.followers {
            let match = core.progress.first { $0.identity == peer }?.match ?? .zero
            let isThere = match >= follower.end && match >= index
            if isThere || !core.liveMembers.contains(peer) { sent.followers[peer] = nil }
        }
        let needed =
            sent.positions.map(\.index)
            + sent.followers.map { peer, follower in
                max(follower.from, core.progress.first { $0.identity == peer }?.match ?? .zero)
            }
        return min(index, needed.min() ?? index)
    }

    private mutating func giveUpOutrun() {
        for (peer, transfer) in sent.transfers.sorted(by: { $0.key < $1.key })
        where transfer.position > .zero && isOutrun(transfer.whole, since: transfer.start) {
            log(.warning, "\(peer) is too slow: no snapshot for it, the log grows faster")
            endTransfer(to: peer, after: SnapshotsSent.pause)
        }
        sent.followers = sent.followers.filter { !isOutrun($1.whole, since: $1.start) }
    }

    /// Whether so much was applied since that a member which took so long does not catch up.
    private func isOutrun(_ whole: Int, since start: UInt64) -> Bool {
        let limit = max(2 * whole, 4 * configuration.snapshots.bytes)
        return snapshots.appliedBytes - start > UInt64(limit)
    }
}
