#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The hand-over to a thread: others push, the thread takes all that has gathered.
///
/// Not bounded: who pushes must bound what is under way.
///
/// Sound: `elements` and `isClosed` are touched only with the mutex held; the pointers live as
/// long as the object.
@safe package final class Mailbox<Element: Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var elements: [Element] = []
    private var isClosed = false

    /// Creates an empty mailbox.
    package init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        let code = unsafe pthread_mutex_init(mutex, nil) + Self.initialize(condition)
        precondition(code == 0, "pthread_mutex_init, pthread_cond_init: \(code)")
    }

    /// Adds an element and wakes the thread.
    ///
    /// - Returns: False if the mailbox is closed; the element is dropped then.
    @discardableResult
    package func push(_ element: Element) -> Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        elements.append(element)
        // One signal for all that gathers while the thread is busy.
        if elements.count == 1 { unsafe pthread_cond_signal(condition) }
        return true
    }

    /// Refuses elements from now on; what is in it is still taken.
    package func close() {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        isClosed = true
        unsafe pthread_cond_broadcast(condition)
    }

    /// Waits until there is something and takes all of it, in order.
    ///
    /// - Parameter limit: How long to wait; nil to wait for ever.
    /// - Returns: Nothing if the time is up, nil if the mailbox is closed and empty.
    package func takeAll(waiting limit: Duration? = nil) -> [Element]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var deadline = limit.map { Self.deadline(after: $0) }
        while elements.isEmpty, !isClosed {
            guard deadline != nil else {
                unsafe pthread_cond_wait(condition, mutex)
                continue
            }
            guard var end = deadline else { continue }
            let code = unsafe Self.wait(condition, mutex, until: &end)
            deadline = end
            if code == ETIMEDOUT { break }
        }
        guard !elements.isEmpty else { return isClosed ? nil : [] }
        defer { elements = [] }
        return elements
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }
}

extension Mailbox {
    private static func initialize(_ condition: UnsafeMutablePointer<pthread_cond_t>) -> CInt {
        #if canImport(Darwin)
        return unsafe pthread_cond_init(condition, nil)
        #else
        // A wall clock that is set must not end or lengthen a wait.
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        defer { unsafe pthread_condattr_destroy(&attributes) }
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        return unsafe pthread_cond_init(condition, &attributes)
        #endif
    }

    /// On Darwin a length, elsewhere a point of the monotonic clock.
    private static func deadline(after limit: Duration) -> timespec {
        let (seconds, attoseconds) = max(limit, .zero).components
        var time = timespec()
        #if !canImport(Darwin)
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        let nanoseconds = Int(attoseconds / 1_000_000_000) + Int(time.tv_nsec)
        time.tv_sec += time_t(min(seconds, 1 << 31)) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        return time
    }

    private static func wait(
        _ condition: UnsafeMutablePointer<pthread_cond_t>,
        _ mutex: UnsafeMutablePointer<pthread_mutex_t>,
        until time: inout timespec
    ) -> CInt {
        #if canImport(Darwin)
        return unsafe pthread_cond_timedwait_relative_np(condition, mutex, &time)
        #else
        return unsafe pthread_cond_timedwait(condition, mutex, &time)
        #endif
    }
}
