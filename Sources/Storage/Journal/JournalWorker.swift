/// What a ``JournalThread`` does on its thread.
final class JournalWorker: @unchecked Sendable {
    // Sound: made by one thread, which hands it over at once; from then on only `run` touches it,
    // on its thread.
    private let journal: Journal
    private let requests: Mailbox<JournalRequest>
    private let idle: Duration
    private let onDurable: @Sendable (UInt64) -> Void
    private let onFailure: @Sendable (JournalError) -> Void
    private var gathered: [JournalRecord] = []
    private var token: UInt64?
    private var failure: JournalError?

    init(
        _ journal: sending Journal,
        _ requests: Mailbox<JournalRequest>,
        idle: Duration,
        onDurable: @escaping @Sendable (UInt64) -> Void,
        onFailure: @escaping @Sendable (JournalError) -> Void
    ) {
        self.journal = journal
        self.requests = requests
        self.idle = idle
        self.onDurable = onDurable
        self.onFailure = onFailure
    }

    func run() {
        while let taken = requests.takeAll(waiting: needsEmptyBatch ? idle : nil) {
            if taken.isEmpty, needsEmptyBatch {
                attempt { () throws(JournalError) in try journal.append([]) }
            }
            for request in taken { perform(request) }
            flush()
        }
        journal.close()
    }

    private var needsEmptyBatch: Bool { failure == nil && journal.needsEmptyBatch }

    private func perform(_ request: JournalRequest) {
        switch request {
        case .append(let records, let token):
            if gathered.isEmpty { gathered = records } else { gathered += records }
            self.token = token
        case .load(let after, let through, let maximumBytes, let completion):
            // What was submitted before must be seen, and what comes after must not be.
            flush()
            completion(load(after: after, through: through, maximumBytes: maximumBytes))
        case .adopt(let cluster, let completion):
            flush()
            attempt { () throws(JournalError) in try journal.adopt(cluster: cluster) }
            completion(failure.map { .failure($0) } ?? .success(()))
        }
    }

    /// Writes what has gathered as one batch.
    private func flush() {
        guard let token else { return }
        if !gathered.isEmpty {
            attempt { () throws(JournalError) in try journal.append(gathered) }
        }
        gathered.removeAll(keepingCapacity: true)
        self.token = nil
        if failure == nil { onDurable(token) }
    }

    private func load(
        after: LogIndex,
        through: LogIndex,
        maximumBytes: Int
    ) -> JournalThread.Loaded {
        if let failure { return .failure(failure) }
        do throws(JournalError) {
            return .success(
                try journal.entries(after: after, through: through, maximumBytes: maximumBytes)
            )
        } catch { return .failure(error) }
    }

    /// Writes, unless an earlier write failed; the first failure is told.
    private func attempt(_ write: () throws(JournalError) -> Void) {
        guard failure == nil else { return }
        do throws(JournalError) {
            try write()
        } catch {
            failure = error
            onFailure(error)
        }
    }
}
