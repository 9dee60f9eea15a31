import Storage

/// A thread for what may block or takes long: password hashes, names to look up.
///
/// One thread, because `crypt` is not reentrant, and a queue with an end.
final class Worker: Sendable {
    private let jobs = Mailbox<@Sendable () -> Void>()
    private let waiting = Lock(0)
    private let limit: Int
    private let thread: Lock<SpawnedThread?>

    init(limit: Int) {
        self.limit = limit
        thread = Lock(nil)
        let (jobs, waiting) = (jobs, waiting)
        let spawned = spawnThread {
            while let batch = jobs.takeAll() {
                for job in batch {
                    job()
                    waiting.withLock { $0 -= 1 }
                }
            }
        }
        thread.withLock { $0 = spawned }
    }

    /// Runs a job on the thread; false if too many wait, or it was stopped.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        let mayWait = waiting.withLock { waiting in
            guard waiting < limit else { return false }
            waiting += 1
            return true
        }
        guard mayWait else { return false }
        guard jobs.push(job) else {
            waiting.withLock { $0 -= 1 }
            return false
        }
        return true
    }

    /// Takes no more jobs, and returns when those that wait are done.
    func stop() {
        jobs.close()
        let spawned = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        spawned?.join()
    }
}
