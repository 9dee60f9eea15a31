import Storage

/// The digests that a node was asked for, and on a leader the answers of all.
///
/// The leader asks for an entry that is not applied anywhere yet, so that all can say what they had
/// when they had applied just that.
struct DigestWatch: Sendable {
    /// A question, and what was answered.
    struct Round: Sendable {
        let index: LogIndex
        var answers: [NodeIdentity: StateDigest] = [:]

        /// The digest that a quorum has, if one has.
        func agreed(in quorum: Quorum) -> StateDigest? {
            Set(answers.values).first { digest in
                quorum.result { answers[$0] == digest } == .won
            }
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
    mutating func take(_ index: LogIndex, _ digest: StateDigest, of node: NodeIdentity) -> Round? {
        guard let place = rounds.firstIndex(where: { $0.index == index }) else { return nil }
        rounds[place].answers[node] = digest
        return rounds[place]
    }

    /// Forgets what a node answered, which is told to heal.
    mutating func forget(_ node: NodeIdentity) {
        for place in rounds.indices { rounds[place].answers[node] = nil }
    }

    /// Forgets what this node answered: it has another state now.
    mutating func stateChanged() {
        wanted = []
        said = []
    }

    /// Forgets what a leader knows.
    mutating func endLeading() {
        rounds = []
        isAlarmed = false
    }
}
