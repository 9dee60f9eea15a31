#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How many descriptors this process may have, and who gets how many.
///
/// Connections cost whoever makes them next to nothing. They must not take the descriptors that the
/// journal needs for its next file.
package struct DescriptorLimit: Hashable, Sendable {
    /// How many the process may have at the same time.
    package var count: Int

    /// Creates a limit.
    package init(count: Int) { self.count = count }

    /// The limit of now (getrlimit(2)).
    package static var current: DescriptorLimit {
        DescriptorLimit(count: Int(clamping: limits.rlim_cur))
    }

    /// Raises this process's limit to what the system allows it.
    package static func raise() {
        var limits = limits
        limits.rlim_cur = min(limits.rlim_max, 1 << 20)
        // What it had is enough for fewer connections.
        _ = unsafe setrlimit(resource, &limits)
    }

    /// For connections of other nodes, welcome or not.
    var peers: Int { min(1_024, count / 8) }
    /// For connections of clients that are only told to come back later.
    var refusals: Int { min(64, count / 16) }
    /// For connections of clients.
    var clients: Int { max(1, count - peers - refusals - Self.files) }

    /// For files, pipes, listeners and connections to others.
    private static let files = 64

    private static var limits: rlimit {
        var limits = rlimit(rlim_cur: 256, rlim_max: 256)
        _ = unsafe getrlimit(resource, &limits)
        return limits
    }

    #if canImport(Darwin)
    private static let resource = RLIMIT_NOFILE
    #else
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
}
