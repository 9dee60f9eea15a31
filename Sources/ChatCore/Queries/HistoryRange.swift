/// Which part of a conversation to show, and from which end.
public struct HistoryRange: Hashable, Sendable {
    /// Only what is older than this message.
    public var before: MessageID?
    /// Only what is newer than this message.
    public var after: MessageID?
    /// Whether the newest come first; a page begins at that end.
    public var newestFirst: Bool
    /// The most messages.
    public var limit: Int

    /// Creates a range; without an order it begins at the cursor, or at the newest.
    public init(
        before: MessageID? = nil,
        after: MessageID? = nil,
        newestFirst: Bool? = nil,
        limit: Int = 50
    ) {
        self.before = before
        self.after = after
        self.newestFirst = newestFirst ?? (before != nil || after == nil)
        self.limit = limit
    }
}
