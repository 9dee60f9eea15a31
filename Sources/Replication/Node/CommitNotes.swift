import Storage

/// What the journal was told to be committed, so that a node knows after a restart what it knew.
///
/// It goes with each batch; after the last one it is told by itself, once in a while.
struct CommitNotes: Sendable {
    /// How long news wait for a batch.
    static let patience = Duration.milliseconds(250)

    /// The last that was told.
    private var told: LogIndex
    /// When news are told without a batch, if there are any.
    private(set) var deadline: Instant?

    /// Creates notes for a journal that knows this already.
    init(told: LogIndex) { self.told = told }

    /// What a batch that is written now has to say, if it is new.
    mutating func news(_ commit: LogIndex) -> LogIndex? {
        deadline = nil
        guard commit > told else { return nil }
        told = commit
        return commit
    }

    /// What has to be said without a batch, if it is time.
    mutating func due(_ commit: LogIndex, at now: Instant) -> LogIndex? {
        guard commit > told else { return nil }
        let deadline = deadline ?? now + Self.patience
        self.deadline = deadline
        return deadline <= now ? news(commit) : nil
    }
}
