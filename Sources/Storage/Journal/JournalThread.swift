/// The one thread that a node's journal lives on.
///
/// All that gathers while one sync runs becomes the next batch: one write, one sync (group commit).
/// Requests are done in the order in which they were made, but for loads, which a batch does not wait
/// for. All callbacks come on this thread, must
/// not block, and post to whoever asked.
public final class JournalThread: Sendable {
    /// What a load is answered with.
    public typealias Loaded = Result<[(position: LogPosition, line: [UInt8])], JournalError>

    private let requests = Mailbox<JournalRequest>()
    private let thread: Lock<SpawnedThread?>

    /// Hands a journal to a thread of its own.
    ///
    /// - Parameters:
    ///   - journal: The journal; nobody else may use it from here on.
    ///   - idle: How long after the last batch an empty one vouches for it.
    ///   - retry: How long after an attempt that found no space the next one follows.
    ///   - onDurable: Called with a token when all that was submitted with it and before is durable.
    ///     Of several that became durable at once only the last is named.
    ///   - onFailure: Called once, with why; nothing is done and no token named from then on.
    ///   - onSpace: Called when there is no space, and when there is again; also at once if there was
    ///     none when the journal was opened. Meanwhile loads are answered, all else waits in order.
    public init(
        _ journal: sending Journal,
        idle: Duration = .milliseconds(500),
        retry: Duration = .milliseconds(250),
        onDurable: @escaping @Sendable (_ token: UInt64) -> Void,
        onFailure: @escaping @Sendable (JournalError) -> Void,
        onSpace: @escaping @Sendable (JournalSpace) -> Void = { _ in }
    ) {
        let worker = JournalWorker(
            journal,
            requests,
            idle: idle,
            retry: retry,
            onDurable: onDurable,
            onFailure: onFailure,
            onSpace: onSpace
        )
        thread = Lock(spawnThread { worker.run() })
    }

    /// Makes records durable; `token` is named once they are.
    public func submit(_ records: [JournalRecord], token: UInt64) {
        requests.push(.append(records, token: token))
    }

    /// Says that all up to an entry is committed; the next batch tells it, an idle one at the latest.
    public func note(commit index: LogIndex) { requests.push(.note(commit: index)) }

    /// Reads entries back; see ``Journal/entries(after:through:maximumBytes:)``.
    ///
    /// Loads are answered in order, one between two batches, and force no sync. They see what was
    /// submitted before, and nothing that takes entries away later; while too many files are open
    /// they wait, and see that too.
    public func load(
        after: LogIndex,
        through: LogIndex,
        maximumBytes: Int,
        completion: @escaping @Sendable (Loaded) -> Void
    ) {
        let request = JournalRequest.load(
            after: after,
            through: through,
            maximumBytes: maximumBytes,
            completion
        )
        if !requests.push(request) { completion(.failure(.closed)) }
    }

    /// Reads entries back that are kept behind a damage; see
    /// ``Journal/entries(of:after:maximumBytes:)``.
    public func load(
        _ kept: KeptEntries,
        after: LogIndex,
        maximumBytes: Int,
        completion: @escaping @Sendable (Loaded) -> Void
    ) {
        let request = JournalRequest.loadKept(
            kept,
            after: after,
            maximumBytes: maximumBytes,
            completion
        )
        if !requests.push(request) { completion(.failure(.closed)) }
    }

    /// Makes the cluster's id durable.
    public func adopt(
        cluster: String,
        completion: @escaping @Sendable (Result<Void, JournalError>) -> Void
    ) {
        if !requests.push(.adopt(cluster: cluster, completion)) { completion(.failure(.closed)) }
    }

    /// Drops files from the front; see ``Journal/compact(through:)``.
    public func compact(
        through index: LogIndex,
        completion: @escaping @Sendable (Result<Compaction, JournalError>) -> Void
    ) {
        if !requests.push(.compact(through: index, completion)) { completion(.failure(.closed)) }
    }

    /// Begins the log anew behind a snapshot; see ``Journal/reset(to:membership:)``.
    public func reset(
        to position: LogPosition,
        membership: LogIndex?,
        completion: @escaping @Sendable (Result<Void, JournalError>) -> Void
    ) {
        let request = JournalRequest.reset(to: position, membership: membership, completion)
        if !requests.push(request) { completion(.failure(.closed)) }
    }

    /// Tells which files are not written any more; see ``Journal/closedFiles``.
    func closedFiles(completion: @escaping @Sendable ([ClosedFile]) -> Void) {
        if !requests.push(.closedFiles(completion)) { completion([]) }
    }

    /// Finishes what was asked for, closes the journal, and returns when the thread has ended.
    ///
    /// What waits for space is not waited for: it was never called durable. Requests after this are
    /// refused. Calling it again does nothing.
    public func stop() {
        requests.close()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }
}

enum JournalRequest: Sendable {
    case append([JournalRecord], token: UInt64)
    case note(commit: LogIndex)
    case load(
        after: LogIndex,
        through: LogIndex,
        maximumBytes: Int,
        @Sendable (JournalThread.Loaded) -> Void
    )
    case loadKept(
        KeptEntries,
        after: LogIndex,
        maximumBytes: Int,
        @Sendable (JournalThread.Loaded) -> Void
    )
    case adopt(cluster: String, @Sendable (Result<Void, JournalError>) -> Void)
    case compact(through: LogIndex, @Sendable (Result<Compaction, JournalError>) -> Void)
    case reset(
        to: LogPosition,
        membership: LogIndex?,
        @Sendable (Result<Void, JournalError>) -> Void
    )
    case closedFiles(@Sendable ([ClosedFile]) -> Void)
}
