internal import Storage

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Runs `body` on a thread that nobody waits for; the system takes it back when it ends.
///
/// A thread that is neither joined nor detached keeps its stack for ever.
func runOnThread(_ body: @escaping @Sendable () -> Void) {
    _ = spawnThread {
        pthread_detach(pthread_self())
        body()
    }
}
