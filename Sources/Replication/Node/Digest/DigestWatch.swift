import Storage

/// The digests that a node was asked for, and on a leader the answers of all.
///
/// The leader asks for an entry that is not applied anywhere yet, so that all can say what they had
/// when they had applied just that.
struct DigestWatch: Sendable {
    /// A question, and what was answered.
    struct Round: Sendable {
        let index: LogIndex
        private(set) var answers: [NodeIdentity: StateDigest] = [:]
        /// Whose state it is that a node has, where it is not its own.
        private var copies: [NodeIdentity: NodeIdentity] = [:]

        init(index: LogIndex) { self.index = index }

        mutating func take(_ digest: StateDigest?, copied: NodeIdentity?, of node: NodeIdentity) {
            answers[node] = digest
            copies[node] = copied
        }

        /// The digest that a quorum has, if one has.
        ///
        /// A copy and what it was made from are one voice: else a wrong state would win by being
        /// sent to others (pitfall 54).
        func agreed(in quorum: Quorum) -> StateDigest? {
            Set(answers.values).first { digest in
                let voices = voices(for: digest)
                return quorum.result { voices.contains($0) } == .won
            }
        }

        /// Who has this digest, one for each state that was not copied from another of them.
        private func voices(for digest: StateDigest) -> Set<NodeIdentity> {
            #if PLANTED_BUGS
            if PlantedBug.contestedSnapshotIsSent.isActive {
                return Set(answers.filter { $0.value == digest }.keys)
            }
            #endif
            var origins: Set<NodeIdentity> = []
            return Set(
                answers.filter { $0.value == digest }.keys.sorted()
                    .filter { origins.insert(origin(of: $0)).inserted }
            )
        }

        /// The node that a state comes from in the end; a ring ends where it began.
        private func origin(of node: NodeIdentity) -> NodeIdentity {
            var (origin, seen) = (node, Set([node]))
            while let next = copies[origin], seen.insert(next).inserted { origin = next }
            return origin
        }

        /// Whether somebody answered otherwise than this digest, of the same chain.
        func contradicts(_ digest: StateDigest) -> Bool { !others(than: digest).isEmpty }

        /// Who answered with this digest and has it from another node.
        func copies(of agreed: StateDigest) -> [NodeIdentity] {
            copies.keys.filter { answers[$0] == agreed }.sorted()
        }

        /// Who has another digest than `agreed`, of a chain that began with the same entry.
        func others(than agreed: StateDigest) -> [NodeIdentity] {
            answers.filter { $0.value != agreed && $0.value.base == agreed.base }.keys.sorted()
        }

        /// Whether two differ that could be equal.
        var isSplit: Bool {
            let digests = Set(answers.values)
            return digests.count > Set(digests.map(\.base)).count
        }
    }

    /// Questions and answers that are remembered.
    private static let kept = 16

    /// What was asked for and is not applied yet, in order.
    private var wanted: [LogIndex] = []
    /// What this node answered.
    private var said: [(index: LogIndex, digest: StateDigest)] = []
    /// The questions of this leader, oldest first.
    private(set) var rounds: [Round] = []
    /// When this leader asks again.
    var nextQuestion = Instant(nanoseconds: 0)
    /// Whether states differ and none is a majority's.
    var isAlarmed = false
    /// From whom this node's state came by a snapshot, until a majority has confirmed it.
    private(set) var copied: NodeIdentity?
    /// Whether this leader's state is contradicted, and no majority has spoken for it since.
    private(set) var isContested = false

    /// Whether the digest is to be told once this entry is applied.
    func isWanted(_ index: LogIndex) -> Bool { wanted.first.map { $0 <= index } ?? false }

    mutating func want(_ index: LogIndex) {
        guard wanted.last.map({ $0 < index }) ?? true else { return }
        wanted.append(index)
        if wanted.count > Self.kept { wanted.removeFirst() }
    }

    /// The state is that of this entry.
    ///
    /// - Returns: Whether its digest was wanted.
    mutating func reached(_ index: LogIndex, _ digest: StateDigest?) -> Bool {
        let isWanted = wanted.contains(index)
        wanted.removeAll { $0 <= index }
        guard isWanted, let digest else { return false }
        said.removeAll { $0.index == index }
        said.append((index, digest))
        if said.count > Self.kept { said.removeFirst() }
        return true
    }

    /// Whether this node said at that entry that it has another digest.
    func contradicts(_ index: LogIndex, _ digest: StateDigest) -> Bool {
        said.contains { $0.index == index && $0.digest != digest && $0.digest.base == digest.base }
    }

    /// Begins a question; the same one again if nothing is new.
    mutating func ask(_ index: LogIndex) {
        if let last = rounds.last, last.index == index { return }
        rounds.append(Round(index: index))
        if rounds.count > Self.kept { rounds.removeFirst() }
    }

    /// Takes an answer in.
    ///
    /// - Returns: The question with all its answers, or nil if it is not remembered.
    mutating func take(
        _ index: LogIndex,
        _ digest: StateDigest,
        copied: NodeIdentity?,
        of node: NodeIdentity
    ) -> Round? {
        guard let place = rounds.firstIndex(where: { $0.index == index }) else { return nil }
        rounds[place].take(digest, copied: copied, of: node)
        return rounds[place]
    }

    /// Forgets what a node answered, which is told to heal.
    mutating func forget(_ node: NodeIdentity) {
        for place in rounds.indices { rounds[place].take(nil, copied: nil, of: node) }
    }

    /// Forgets what this node answered: it has the state of another node now.
    mutating func stateChanged(from node: NodeIdentity?) {
        wanted = []
        said = []
        copied = node
    }

    /// A majority of independent states had this digest: with it a copy is as good as any.
    mutating func confirm(_ index: LogIndex, _ digest: StateDigest) {
        if said.contains(where: { $0.index == index && $0.digest == digest }) { copied = nil }
    }

    /// Notes whether the own state, which had this digest, is contradicted.
    ///
    /// - Returns: Whether that is new.
    mutating func contest(_ isContested: Bool) -> Bool {
        defer { self.isContested = isContested }
        return isContested && !self.isContested
    }

    /// Forgets what a leader knows.
    mutating func endLeading() {
        rounds = []
        isAlarmed = false
        isContested = false
    }
}
