import Storage

/// A snapshot that comes from the leader.
struct SnapshotArrival: Sendable {
    /// Where it is.
    enum Phase: Sendable {
        /// Pieces are written, or waited for.
        case receiving
        /// All of it is there: it is checked, gets its name, and its state is read.
        case checking
        /// The log begins anew behind it; nothing may be appended meanwhile.
        case resetting(any HostedState)
        /// Its state takes the place of a bad one, once the log is known to be committed up to it.
        case holding(any HostedState)
    }

    var phase: Phase
    /// Whose state it is.
    let source: NodeIdentity
    var position: LogPosition
    /// Its length.
    var bytes: Int
    /// How much of it is here, and what is being written.
    var pieces: PiecesArriving

    /// Whether a piece belongs to it.
    func isOf(_ piece: SnapshotPiece, from node: NodeIdentity) -> Bool {
        source == node && position == piece.position && bytes == piece.bytes
    }

    /// Whether it is past the point where another one could take its place.
    var isFinal: Bool {
        switch phase {
        case .receiving: false
        case .checking, .resetting, .holding: true
        }
    }
}

/// Taking a snapshot from the leader (Raft §7): the node goes on with its old state until state, log
/// and core change in one step.
extension Node {
    /// Whether the log leads to an entry or beyond it: then no snapshot of it is needed.
    private func holds(_ position: LogPosition) -> Bool {
        position.index <= core.commitIndex
            || core.log.term(at: position.index) == position.term
    }

    /// Whether a snapshot that ends there is of no use: the log does without, and the state is good.
    private func isSpare(_ position: LogPosition) -> Bool { divergence == nil && holds(position) }

    /// Whether the log is about to begin anew: what is appended now would be lost.
    var isResetting: Bool {
        if case .resetting = arrival?.phase { true } else { false }
    }

    mutating func take(_ piece: SnapshotPiece, _ lines: [[UInt8]], from node: NodeIdentity) {
        // The leader of a later term is heard by its heartbeats first, and sends again.
        guard piece.term == core.term, core.role == .follower, core.leader == node else { return }
        guard !isContradicted(by: piece, of: node) else { return }
        if let arrival, arrival.isFinal {
            let isSame = piece.position == arrival.position
            return answer(.wants(offset: isSame ? arrival.pieces.written : piece.offset), piece)
        }
        guard !isSpare(piece.position) else {
            arrival = nil
            return answer(.installed, piece)
        }
        guard canGoOn(from: piece.position) else {
            return answer(.failed("this node's log begins later"), piece)
        }
        begin(piece, from: node)
        let bytes = lines.reduce(0) { $0 + $1.count }
        guard let arrival, arrival.isOf(piece, from: node) else { return }
        guard self.arrival?.pieces.take(bytes, at: piece.offset) == true else {
            // What does not follow is sent again by whoever hears this.
            return answer(.wants(offset: arrival.pieces.written), piece)
        }
        effects.append(.transfer(.receive(piece, lines)))
    }

    /// Begins with the piece's snapshot, unless it has begun or another one is being written.
    private mutating func begin(_ piece: SnapshotPiece, from node: NodeIdentity) {
        if let arrival, arrival.isOf(piece, from: node) || arrival.pieces.isWriting { return }
        arrival = SnapshotArrival(
            phase: .receiving,
            source: node,
            position: piece.position,
            bytes: piece.bytes,
            pieces: PiecesArriving(
                from: piece.offset,
                maximumBytes: configuration.snapshots.window.bytes
            )
        )
    }

    /// A piece was written, or not.
    mutating func received(_ position: LogPosition, _ result: Result<Int, SnapshotError>) {
        guard let arrival, arrival.position == position, case .receiving = arrival.phase,
            arrival.pieces.isWriting
        else { return }
        let offset: Int
        do throws(SnapshotError) { offset = try result.get() } catch { return giveUp(error) }
        self.arrival?.pieces.wrote(through: offset)
        answer(.wants(offset: offset))
        guard offset == arrival.bytes, !isSpare(position) else { return }
        self.arrival?.phase = .checking
        let cluster = cluster
        let kind = type(of: state)
        let order = SnapshotOrder.install(position, bytes: arrival.bytes) {
            (reader) throws(SnapshotError) in
            guard reader.head.cluster == cluster else {
                throw .invalid("the snapshot is of cluster \(reader.head.cluster)")
            }
            return try kind.init(from: &reader)
        }
        effects.append(.transfer(order))
    }

    /// The snapshot has its name, and its state was read; or it is of no use.
    mutating func checked(
        _ position: LogPosition,
        _ result: Result<any HostedState, SnapshotError>
    ) {
        guard let arrival, arrival.position == position, case .checking = arrival.phase else {
            return
        }
        let state: any HostedState
        do throws(SnapshotError) { state = try result.get() } catch { return giveUp(error) }
        guard !isSpare(position) else {
            // The log has got there by itself: it keeps what follows (pitfall 32).
            self.arrival = nil
            return answer(.installed, to: position)
        }
        guard !holds(position) else {
            self.arrival?.phase = .holding(state)
            return applyCommitted()
        }
        self.arrival?.phase = .resetting(state)
        effects.append(.resetLog(to: position, membership: state.membership.index))
    }

    /// The log begins behind the snapshot: from here on the node is what the snapshot says.
    mutating func reset(to position: LogPosition) {
        guard let arrival, arrival.position == position,
            case .resetting(let restored) = arrival.phase
        else { return }
        self.arrival = nil
        state = restored
        origins = restored.origins
        commitIndex = max(commitIndex, position.index)
        cache = EntryCache(after: position.index, maximumBytes: configuration.cacheBytes)
        lastTime = max(lastTime, restored.time)
        snapshots.installed(position)
        stepCore(
            .installed(
                position: position,
                membership: restored.membership.membership,
                membershipIndex: restored.membership.index
            )
        )
        guard core.lastPosition == position else {
            effects.append(.halt("the log does not go on from the snapshot of entry \(position)"))
            return
        }
        log(.notice, "installed a snapshot of entry \(position)")
        effects.append(.transfer(divergence == nil ? .drop(before: position) : .keep(position)))
        tookState(from: arrival.source)
        membersChanged()
        noticeOwnRemoval()
        completeReads()
        streams.fallBehind()
        answer(.installed, to: position)
    }

    private mutating func giveUp(_ error: SnapshotError) {
        guard let position = arrival?.position else { return }
        arrival = nil
        log(.error, "cannot install the snapshot of entry \(position): \(error)")
        if case .damaged = error {
            answer(.damaged("\(error)"), to: position)
        } else {
            answer(.failed("\(error)"), to: position)
        }
    }

    private mutating func answer(_ outcome: SnapshotReply.Outcome) {
        if let arrival { answer(outcome, to: arrival.position) }
    }

    private mutating func answer(_ outcome: SnapshotReply.Outcome, _ piece: SnapshotPiece) {
        answer(outcome, to: piece.position)
    }

    /// Tells the leader, if there is one; another than began the transfer takes no notice.
    mutating func answer(_ outcome: SnapshotReply.Outcome, to position: LogPosition) {
        guard core.role == .follower, let leader = core.leader else { return }
        let reply = SnapshotReply(term: core.term, position: position, outcome: outcome)
        send(.snapshotReply(reply), to: leader)
    }
}
