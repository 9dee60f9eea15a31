/// Re-reads files that are written no more, slowly, so that rot is found while it can be healed.
///
/// Nothing else reads them for months, and a second disk may rot meanwhile. One thread, which does
/// nothing but read; what it finds it reports once, after a second reading.
public final class Scrubber: Sendable {
    private let orders = Mailbox<Never>()
    private let thread: Lock<SpawnedThread?>

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - journal: The journal whose closed files are read.
    ///   - snapshots: The snapshots beside it.
    ///   - pace: How fast it reads, and how often.
    ///   - onDamage: Called on the scrubber's thread; must not block.
    public init(
        journal: JournalThread,
        snapshots: SnapshotStore,
        pace: ScrubPace = ScrubPace(),
        onDamage: @escaping @Sendable (ScrubFinding) -> Void
    ) {
        let orders = orders
        let worker = ScrubWorker(journal, snapshots, pace, orders, onDamage)
        thread = Lock(spawnThread { worker.run() })
    }

    /// Ends the thread, and returns when it has ended; calling it again does nothing.
    public func stop() {
        orders.close()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }
}

/// How fast a scrubber reads, and how often.
public struct ScrubPace: Hashable, Sendable {
    /// How much it reads in a second; 4 MiB.
    public var bytesPerSecond: Int
    /// How long it rests after it has read everything; 1 h.
    public var rest: Duration

    /// Creates a pace.
    public init(bytesPerSecond: Int = 4 << 20, rest: Duration = .seconds(3_600)) {
        self.bytesPerSecond = bytesPerSecond
        self.rest = rest
    }
}

/// Damage that a scrubber found.
public struct ScrubFinding: Hashable, Sendable {
    /// Where, and what is wrong.
    public let damage: JournalDamage
    /// The last entry that the file holds; zero for a snapshot.
    ///
    /// Behind a snapshot at or beyond it the file is not needed any more.
    public let last: LogIndex
}
