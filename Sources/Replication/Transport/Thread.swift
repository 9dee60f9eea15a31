#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Runs `body` on a new thread that nobody waits for.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    // Sound: the one reference that is given away here is taken once, by the new thread.
    let start = unsafe Unmanaged.passRetained(Start(body)).toOpaque()
    #if canImport(Darwin)
    var id: pthread_t?
    let code = unsafe pthread_create(
        &id,
        nil,
        { raw in
            unsafe Unmanaged<Start>.fromOpaque(raw).takeRetainedValue().body()
            return nil
        },
        start
    )
    precondition(code == 0, "pthread_create: \(code)")
    if let id = unsafe id { unsafe pthread_detach(id) }
    #else
    var id = pthread_t()
    let code = unsafe pthread_create(
        &id,
        nil,
        { raw in
            guard let raw = unsafe raw else { return nil }
            unsafe Unmanaged<Start>.fromOpaque(raw).takeRetainedValue().body()
            return nil
        },
        start
    )
    precondition(code == 0, "pthread_create: \(code)")
    pthread_detach(id)
    #endif
}
