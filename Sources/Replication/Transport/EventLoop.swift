internal import Dispatch
internal import Storage
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// One thread that waits for sockets and runs an actor's jobs: the actor's serial executor.
///
/// The actor shares the thread with its sockets, so a request passes no task, no continuation and
/// no lock. Each turn the loop waits, runs the jobs that came, and calls `turn` once; `turn` enters
/// the actor by one `assumeIsolated`.
///
/// Sound: `inbox` is locked, `owner` atomic, `wakePipe` and `afterlife` immutable; `poller` and
/// `ready` are touched only by the thread that runs the loop (or before there is one).
@safe package final class EventLoop: SerialExecutor, @unchecked Sendable {
    private enum Phase: Sendable {
        case waiting
        case running
        case closing
        case ended
    }

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var phase = Phase.waiting
        /// Whether the loop will look here without (another) signal.
        var isSignalled = false
    }

    private let inbox = Lock(Inbox())
    private let owner = Atomic<UInt>(0)
    private let wakePipe: WakePipe
    private let afterlife = DispatchQueue(label: "event-loop.ended")
    private var poller = Poller()
    private var ready: [Readiness] = []

    /// The key of the wake pipe; never given to others.
    private static let wakeKey = PollKey(.max)

    /// Creates a loop that nobody runs yet.
    package init() throws(SocketError) {
        wakePipe = try WakePipe()
        poller.set(.read, for: wakePipe.descriptor, as: Self.wakeKey)
    }

    /// Runs until ``close()``, on the calling thread, which must be nobody else's.
    ///
    /// - Parameter turn: Called once a turn, first before any waiting; gives the moment at which it
    ///   wants to be called at the latest. It is not called again once the loop is closing.
    package func run(_ turn: (_ ready: [Readiness]) -> Instant?) {
        let mayRun = inbox.withLock { box in
            guard box.phase == .waiting else { return false }
            box.phase = .running
            return true
        }
        guard mayRun else { return }
        owner.store(currentThread(), ordering: .relaxed)
        var deadline: Instant? = SystemClock.now()
        while true {
            // A signal from this thread writes nothing into the pipe, so it must be asked for.
            let isSignalled = inbox.withLock { $0.isSignalled }
            poller.wait(milliseconds: isSignalled ? 0 : timeout(until: deadline), into: &ready)
            takeWakeSignal()
            guard runJobs() else { break }
            deadline = turn(ready)
        }
        owner.store(0, ordering: .relaxed)
    }

    /// Runs on a thread of its own until ``close()``.
    package func start(_ turn: @escaping @Sendable (_ ready: [Readiness]) -> Instant?) {
        runOnThread { [self] in run(turn) }
    }

    /// Has `turn` called soon; from any thread.
    package func wake() { signal { _ in } }

    /// Ends the loop after the turn that runs now; from any thread.
    ///
    /// Jobs that come later run on a queue, one after the other, so that a late caller of the actor
    /// gets its answer and never hangs.
    package func close() {
        let left = inbox.withLock { box -> [UnownedJob] in
            switch box.phase {
            case .running: box.phase = .closing
            case .closing, .ended: break
            case .waiting:
                box.phase = .ended
                defer { box.jobs = [] }
                return box.jobs
            }
            return []
        }
        for job in left { runInAfterlife(job) }
        wake()
    }

    /// Watches a socket, or changes what it is watched for; on the loop's thread.
    package func watch(_ descriptor: Int32, for interest: Interest, as key: PollKey) {
        poller.set(interest, for: descriptor, as: key)
    }

    /// Watches a socket no longer; on the loop's thread, before it is closed.
    package func unwatch(_ descriptor: Int32) { poller.remove(descriptor) }

    /// Number of watched sockets, for metrics; on the loop's thread.
    package var watchedCount: Int { poller.count - 1 }

    /// Takes a job of the actor; from any thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !signal({ $0.jobs.append(job) }) { runInAfterlife(job) }
    }

    /// Whether the calling thread runs the loop.
    package func isIsolatingCurrentContext() -> Bool? {
        owner.load(ordering: .relaxed) == currentThread()
    }

    /// Traps off the loop's thread.
    package func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "off the event loop's thread")
    }

    /// Waits once and gives what is ready, within a turn, or of a loop that nobody runs.
    func poll(milliseconds: Int32) -> [Readiness] {
        poller.wait(milliseconds: milliseconds, into: &ready)
        takeWakeSignal()
        return ready
    }

    /// Runs the jobs that came; whether the loop goes on.
    ///
    /// The loop ends only when no job is left, in the same critical section: from then on jobs go
    /// to the afterlife, and none can run there while one runs here.
    private func runJobs() -> Bool {
        while true {
            let (jobs, isClosing) = inbox.withLock { box -> ([UnownedJob], Bool) in
                defer {
                    box.jobs.removeAll()
                    box.isSignalled = false
                }
                let isClosing = box.phase == .closing
                if isClosing && box.jobs.isEmpty { box.phase = .ended }
                return (box.jobs, isClosing)
            }
            for job in jobs {
                unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            }
            if isClosing && jobs.isEmpty { return false }
            if !isClosing { return true }
        }
    }

    /// Changes the inbox and sees to it that the loop looks there; false once the loop has ended.
    @discardableResult
    private func signal(_ change: (inout Inbox) -> Void) -> Bool {
        let (isOpen, mustWrite) = inbox.withLock { box -> (Bool, Bool) in
            guard box.phase != .ended else { return (false, false) }
            change(&box)
            defer { box.isSignalled = true }
            return (true, !box.isSignalled)
        }
        if mustWrite && isIsolatingCurrentContext() != true { wakePipe.signal() }
        return isOpen
    }

    private func runInAfterlife(_ job: UnownedJob) {
        afterlife.async { [self] in
            unsafe job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }

    private func takeWakeSignal() {
        guard let place = ready.firstIndex(where: { $0.key == Self.wakeKey }) else { return }
        ready.remove(at: place)
        wakePipe.drain()
    }

    private func timeout(until deadline: Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = deadline - SystemClock.now()
        guard left > .zero else { return 0 }
        // Rounded up: a wait that ends just before the deadline would turn the loop for nothing.
        return Int32(clamping: (left.nanoseconds - 1) / 1_000_000 + 1)
    }
}

/// The calling thread, as a number.
private func currentThread() -> UInt {
    #if canImport(Darwin)
    UInt(bitPattern: unsafe pthread_self())
    #else
    UInt(pthread_self())
    #endif
}
