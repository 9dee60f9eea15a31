#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A thread that was started and must be joined.
///
/// Sound: a thread's id is a value that any thread may join with.
package struct SpawnedThread: @unchecked Sendable {
    private let id: pthread_t

    fileprivate init(_ id: pthread_t) { self.id = id }

    /// Waits until the thread has ended; to be called once, and not by the thread itself.
    package func join() {
        let code = pthread_join(id, nil)
        precondition(code == 0, "pthread_join: \(code)")
    }
}

/// Runs `body` on a thread of its own, for calls that block.
package func spawnThread(_ body: @escaping @Sendable () -> Void) -> SpawnedThread {
    let box = unsafe Unmanaged.passRetained(ThreadBody(run: body)).toOpaque()
    #if canImport(Darwin)
    var started: pthread_t?
    let code = unsafe pthread_create(
        &started,
        nil,
        { raw in
            unsafe Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().run()
            return nil
        },
        box
    )
    guard let id = unsafe started else { preconditionFailure("pthread_create: \(code)") }
    #else
    var id = pthread_t()
    let code = unsafe pthread_create(
        &id,
        nil,
        { raw in
            // Sound: the pointer is the box retained above, and released here, once.
            if let raw = unsafe raw {
                unsafe Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().run()
            }
            return nil
        },
        box
    )
    precondition(code == 0, "pthread_create: \(code)")
    #endif
    return SpawnedThread(id)
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
}
