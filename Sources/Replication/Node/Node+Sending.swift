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
        if case .sending = transfer.phase {
            sent.transfers[peer]?.phase = .sending(again: now.instant)
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
        let window = SnapshotWindow(configuration.snapshots.window)
        for peer in waiting {
            sent.transfers[peer]?.position = newest
            sent.transfers[peer]?.start = snapshots.appliedBytes
            sent.transfers[peer]?.window = window
            pinSnapshots()
            waitForAnswer(of: peer)
            readPiece(for: peer)
        }
    }

    private mutating func waitForAnswer(of peer: NodeIdentity) {
        sent.transfers[peer]?.phase = .sending(again: now.instant + SnapshotWindow.patience)
    }

    /// Has the next piece read, one at a time.
    private mutating func readPiece(for peer: NodeIdentity) {
        guard let transfer = sent.transfers[peer], transfer.reading == nil else { return }
        let offset = transfer.window.next
        sent.transfers[peer]?.reading = offset
        effects.append(
            .transfer(
                .read(
                    transfer.position,
                    offset: offset,
                    maximumBytes: configuration.snapshots.window.pieceBytes,
                    for: peer
                )
            )
        )
    }

    /// Has another piece read if there is one, and room for it.
    private mutating func goOnSending(to peer: NodeIdentity) {
        guard let transfer = sent.transfers[peer], transfer.window.hasRoom,
            transfer.window.next < transfer.whole
        else { return }
        readPiece(for: peer)
    }

    /// A piece was read.
    mutating func take(_ read: SnapshotRead, for peer: NodeIdentity) {
        guard let transfer = sent.transfers[peer], case .sending = transfer.phase,
            transfer.position == read.position, transfer.reading == read.offset
        else { return }
        sent.transfers[peer]?.reading = nil
        switch read.result {
        case .success(let found):
            sent.transfers[peer]?.whole = found.whole
            // The member said meanwhile that it wants another one.
            guard transfer.window.next == read.offset else { return goOnSending(to: peer) }
            send(found.lines, at: read.offset, to: peer)
            goOnSending(to: peer)
        case .failure(let error):
            log(.error, "the snapshot at \(read.position) cannot be sent: \(error)")
            renewSnapshot()
            endTransfer(to: peer, after: SnapshotsSent.pause)
        }
    }

    /// Sends a piece; the first on its way is waited for.
    private mutating func send(_ lines: [[UInt8]], at offset: Int, to peer: NodeIdentity) {
        guard let transfer = sent.transfers[peer] else { return }
        if transfer.window.isEmpty { waitForAnswer(of: peer) }
        sent.transfers[peer]?.window.sent(
            bytes: lines.reduce(0) { $0 + $1.count },
            at: now.instant
        )
        var piece = SnapshotPiece(
            term: core.term,
            position: transfer.position,
            bytes: transfer.whole,
            offset: offset,
            lines: lines.count
        )
        piece.origins = origins.through(transfer.position.index)
        sendBulk(.snapshot(piece), to: peer, entries: lines)
    }

    /// What a member says to a piece.
    mutating func take(_ reply: SnapshotReply, from peer: NodeIdentity) {
        guard core.role == .leader, reply.term == core.term,
            let transfer = sent.transfers[peer], transfer.position == reply.position,
            case .sending = transfer.phase
        else { return }
        sent.transfers[peer]?.tries = 0
        switch reply.outcome {
        case .wants(let offset):
            // The same again: it is at work, and will say more or be asked again.
            guard offset <= transfer.whole,
                sent.transfers[peer]?.window.acknowledge(offset, at: now.instant) == true
            else { return }
            waitForAnswer(of: peer)
            goOnSending(to: peer)
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
            } else if transfer.tries + 1
                >= SnapshotsSent.tries(bytes: transfer.window.firstBytes)
            {
                log(.warning, "\(peer) is silent: no snapshot for it")
                sent.transfers[peer] = nil
                pinSnapshots()
                stepCore(.snapshotFailed(to: peer))
            } else {
                sent.transfers[peer]?.tries += 1
                sent.transfers[peer]?.window.restart()
                waitForAnswer(of: peer)
                readPiece(for: peer)
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
