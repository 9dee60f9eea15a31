import Storage

/// Runs tests that compute for seconds one after the other, on a thread of their own.
///
/// On the shared pool each of them would stand before the tests that wait for something, whose
/// deadlines go by meanwhile.
@globalActor package actor Aside {
    /// The only one.
    package static let shared = Aside()

    private let executor = AsideExecutor()

    /// The thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }
}

/// The same for what tries each call or byte of a disk, on a second thread.
@globalActor package actor DiskAside {
    /// The only one.
    package static let shared = DiskAside()

    private let executor = AsideExecutor()

    /// The thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }
}

/// A thread that runs an actor's jobs, until the process ends.
private final class AsideExecutor: SerialExecutor {
    private let jobs = Mailbox<UnownedJob>()

    init() {
        _ = spawnThread { [jobs, unowned self] in
            while let all = jobs.takeAll() {
                for job in all { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) { jobs.push(UnownedJob(job)) }
}
