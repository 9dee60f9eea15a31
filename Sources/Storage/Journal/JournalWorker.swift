/// What a ``JournalThread`` does on its thread.
///
/// Sound: made by one thread, which hands it over at once; from then on only `run` touches it,
/// on its thread.
final class JournalWorker: @unchecked Sendable {
    private let journal: Journal
    private let requests: Mailbox<JournalRequest>
    private let idle: Duration
    private let retry: Duration
    private let onDurable: @Sendable (UInt64) -> Void
    private let onFailure: @Sendable (JournalError) -> Void
    private let onSpace: @Sendable (JournalSpace) -> Void
    private var gathered: [JournalRecord] = []
    private var token: UInt64?
    private var failure: JournalError?
    /// Whether the last that was told is that there is no space.
    private var isShort = false
    /// When to try again what found no space; nil if nothing waits.
    private var nextTry: ContinuousClock.Instant?
    /// When to try again to make the reserve.
    private var nextReserve = ContinuousClock.now
    /// What was asked for while something waits for space, in order.
    private var waiting: [JournalRequest] = []
    /// Loads that were not answered, oldest first.
    private var loads: [JournalRequest] = []
    /// When to try the oldest again, for which no file could be opened.
    private var nextLoad = ContinuousClock.now

    init(
        _ journal: sending Journal,
        _ requests: Mailbox<JournalRequest>,
        idle: Duration,
        retry: Duration,
        onDurable: @escaping @Sendable (UInt64) -> Void,
        onFailure: @escaping @Sendable (JournalError) -> Void,
        onSpace: @escaping @Sendable (JournalSpace) -> Void
    ) {
        self.journal = journal
        self.requests = requests
        self.idle = idle
        self.retry = retry
        self.onDurable = onDurable
        self.onFailure = onFailure
        self.onSpace = onSpace
    }

    func run() {
        tellSpace()
        while let taken = requests.takeAll(waiting: patience) {
            if isShort { tryAgain() }
            if taken.isEmpty, loads.isEmpty, nextTry == nil, needsEmptyBatch { vouch() }
            for request in taken { perform(request) }
            flush()
            if nextLoad <= .now { answerOldestLoad() }
        }
        answerLoads()
        for request in waiting + loads { refuse(request) }
        journal.close()
    }

    private var needsEmptyBatch: Bool {
        failure == nil && (journal.needsEmptyBatch || !gathered.isEmpty)
    }

    /// Writes a batch without lines, which says what is known to be committed.
    private func vouch() {
        let isDone = attempt { () throws(JournalError) in try journal.append(gathered) }
        if isDone { gathered.removeAll(keepingCapacity: true) }
    }

    private var patience: Duration? {
        if !loads.isEmpty { return nextLoad <= .now ? .zero : retry }
        if isShort && failure == nil { return retry }
        return needsEmptyBatch ? idle : nil
    }

    private func perform(_ request: JournalRequest) {
        if nextTry != nil, request.needsSpace {
            waiting.append(request)
            return
        }
        switch request {
        case .append(let records, let token):
            if records.contains(where: \.truncates) { finishLoads() }
            if gathered.isEmpty { gathered = records } else { gathered += records }
            self.token = token
        case .note(let index): gathered.append(.commit(index))
        case .load, .loadKept: loads.append(request)
        case .adopt(let cluster, let completion):
            change(request, completion) { () throws(JournalError) in
                try journal.adopt(cluster: cluster)
            }
        case .reset(let position, let membership, let completion):
            finishLoads()
            change(request, completion) { () throws(JournalError) in
                try journal.reset(to: position, membership: membership)
            }
        case .compact(let index, let completion):
            finishLoads()
            flush()
            completion(compact(through: index))
        case .closedFiles(let completion): completion(journal.closedFiles)
        }
    }

    /// Carries out a request that begins a new file, once there is space for it.
    private func change(
        _ request: JournalRequest,
        _ completion: (Result<Void, JournalError>) -> Void,
        _ body: () throws(JournalError) -> Void
    ) {
        flush()
        guard nextTry == nil, attempt(body) else {
            waiting.append(request)
            return
        }
        completion(failure.map { .failure($0) } ?? .success(()))
    }

    /// Only removes files: not done it does no harm, and the journal goes on.
    private func compact(through index: LogIndex) -> Result<Compaction, JournalError> {
        if let failure { return .failure(failure) }
        do throws(JournalError) {
            return .success(try journal.compact(through: index))
        } catch { return .failure(error) }
    }

    private func refuse(_ request: JournalRequest) {
        switch request {
        case .append, .note: return
        case .load(_, _, _, let completion), .loadKept(_, _, _, let completion):
            completion(.failure(.closed))
        case .adopt(_, let completion), .reset(_, _, let completion):
            completion(.failure(.closed))
        case .compact(_, let completion): completion(.failure(.closed))
        case .closedFiles(let completion): completion([])
        }
    }

    /// Writes what has gathered as one batch.
    private func flush() {
        guard let token, nextTry == nil else { return }
        if !gathered.isEmpty {
            let isDone = attempt { () throws(JournalError) in try journal.append(gathered) }
            guard isDone else { return }
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
                try journal.entries(
                    after: after,
                    through: min(through, lastToStay),
                    maximumBytes: maximumBytes
                )
            )
        } catch { return .failure(error) }
    }

    private func load(
        _ kept: KeptEntries,
        after: LogIndex,
        maximumBytes: Int
    ) -> JournalThread.Loaded {
        if let failure { return .failure(failure) }
        do throws(JournalError) {
            return .success(
                try journal.entries(of: kept, after: after, maximumBytes: maximumBytes)
            )
        } catch { return .failure(error) }
    }

    /// Answers one load, after a batch and before the next: reading forces no sync, and holds up none
    /// for longer than one load takes.
    ///
    /// - Returns: False if there is none, or no file can be opened for it now.
    @discardableResult
    private func answerOldestLoad() -> Bool {
        let loaded: JournalThread.Loaded
        let answer: @Sendable (JournalThread.Loaded) -> Void
        switch loads.first {
        case .load(let after, let through, let maximumBytes, let completion):
            loaded = load(after: after, through: through, maximumBytes: maximumBytes)
            answer = completion
        case .loadKept(let kept, let after, let maximumBytes, let completion):
            loaded = load(kept, after: after, maximumBytes: maximumBytes)
            answer = completion
        case .append, .note, .adopt, .reset, .compact, .closedFiles, nil: return false
        }
        if case .failure(.file(let error)) = loaded, error.isNoSpace {
            nextLoad = .now + retry
            return false
        }
        loads.removeFirst()
        answer(loaded)
        return true
    }

    private func answerLoads() { while answerOldestLoad() {} }

    /// Answers the loads that were asked for before entries go away.
    private func finishLoads() {
        guard !loads.isEmpty else { return }
        flush()
        answerLoads()
    }

    /// The last entry that nothing takes away which waits for space.
    private var lastToStay: LogIndex {
        guard nextTry != nil else { return LogIndex(.max) }
        if waiting.contains(where: { if case .reset = $0 { true } else { false } }) { return .zero }
        var last = LogIndex(.max)
        let batches = waiting.compactMap {
            if case .append(let records, _) = $0 { records } else { nil }
        }
        for record in [gathered] + batches {
            for case .truncate(let index) in record { last = min(last, index) }
        }
        return last
    }

    /// Writes, unless an earlier write failed; the first failure is told.
    ///
    /// - Returns: False if there is no space: it is to be tried again.
    private func attempt(_ write: () throws(JournalError) -> Void) -> Bool {
        guard failure == nil else { return true }
        defer { tellSpace() }
        do throws(JournalError) {
            try write()
        } catch {
            if case .full = error {
                nextTry = .now + retry
                return false
            }
            fail(error)
        }
        return true
    }

    private func fail(_ error: JournalError) {
        failure = error
        onFailure(error)
    }

    /// Tries again what waits, then makes the reserve again.
    private func tryAgain() {
        if let time = nextTry {
            guard time <= .now else { return }
            nextTry = nil
            flush()
            let taken = waiting
            waiting = []
            for request in taken { perform(request) }
            flush()
        }
        // Only now: space that the reserve took would be missing to what waits.
        guard failure == nil, nextTry == nil, nextReserve <= .now else { return }
        nextReserve = .now + retry * 4
        do throws(JournalError) { try journal.endShortage() } catch { fail(error) }
        tellSpace()
    }

    private func tellSpace() {
        guard failure == nil, isShort != (journal.shortage != nil) else { return }
        isShort = journal.shortage != nil
        nextReserve = .now + retry * 4
        onSpace(journal.shortage.map { .full($0) } ?? .free)
    }
}

extension JournalRequest {
    /// Whether it writes; what only reads is done at once even if there is no space.
    fileprivate var needsSpace: Bool {
        switch self {
        case .append, .note, .adopt, .reset: true
        case .load, .loadKept, .compact, .closedFiles: false
        }
    }
}

extension JournalRecord {
    /// Whether it takes entries away.
    fileprivate var truncates: Bool { if case .truncate = self { true } else { false } }
}
