import Storage

/// Whether a node has applied what was committed when it first heard of a leader in this process.
///
/// Until then its state is an old one, or none at all: stale reads and streams would show that. A
/// node that falls behind later serves on; one that follows is always a little behind.
struct CatchUp: Hashable, Sendable {
    /// What the first leader had committed; nil before one was heard.
    private var goal: LogIndex?

    /// Notes what a leader says that it has committed.
    mutating func heard(_ commit: LogIndex) { goal = goal ?? commit }

    /// Whether a state that ends there is up to the goal.
    func isDone(at applied: LogIndex) -> Bool { goal.map { applied >= $0 } ?? false }
}

extension Node {
    /// Whether this node's state was up to date at some moment since its start.
    var hasCaughtUp: Bool {
        catchUp.isDone(at: state.applied.index)
            || core.role == .leader && state.applied.term == core.term
    }
}
