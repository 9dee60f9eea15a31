import Storage

/// A thread for what may block or takes long: password hashes, names to look up.
///
/// One thread, because `crypt` is not reentrant, and a queue with an end.
final class Worker: Sendable {
    private struct State: Sendable {
        var waiting = 0
        var isStopped = false
        var thread: SpawnedThread?
    }

    private let jobs = Mailbox<@Sendable () -> Void>()
    private let state = Lock(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
        let (jobs, state) = (jobs, state)
        let spawned = spawnThread {
            while let batch = jobs.takeAll() {
                for job in batch where !state.withLock({ $0.isStopped }) {
                    job()
                    state.withLock { $0.waiting -= 1 }
                }
            }
        }
        state.withLock { $0.thread = spawned }
    }

    /// Runs a job on the thread; false if too many wait, or it was stopped.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        let mayWait = state.withLock { state in
            guard state.waiting < limit, !state.isStopped else { return false }
            state.waiting += 1
            return true
        }
        return mayWait && jobs.push(job)
    }

    /// Drops the jobs that wait, and returns when the one that runs is done.
    ///
    /// Calling it again does nothing.
    func stop() {
        let spawned = state.withLock { state in
            state.isStopped = true
            defer { state.thread = nil }
            return state.thread
        }
        jobs.close()
        spawned?.join()
    }
}
