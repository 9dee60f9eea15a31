/// How often a node writes a snapshot of its state, and how much of its log it keeps behind one.
public struct SnapshotLimits: Hashable, Sendable {
    /// Entries applied since the last snapshot after which another is due; 100,000.
    public var entries: UInt64 = 100_000
    /// Bytes of entries applied since the last snapshot after which another is due; 64 MiB.
    public var bytes = 64 * 1_024 * 1_024
    /// Entries that stay in the log behind a snapshot, for followers that are a little behind;
    /// 10,000.
    public var trailingEntries: UInt64 = 10_000
    /// Bytes of entries that stay in the log behind a snapshot; 16 MiB; the larger
    /// window counts.
    public var trailingBytes = 16 * 1_024 * 1_024
    /// How long after a failed snapshot another is tried; 60 s.
    public var retryInterval = Duration.seconds(60)
    /// Whether the log is compacted at all, but for what is damaged.
    ///
    /// A follower that needs an entry which every other node has compacted must be sent a snapshot.
    package var compacts = true
    /// How much of a snapshot is on its way to one member.
    package var window = SnapshotWindow.Limits()

    /// The limits of the design.
    public init() {}
}
