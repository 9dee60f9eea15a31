/// Why a client has no answer to give.
public enum ClusterClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A server that was tried, and what came of it last.
    public struct Attempt: Hashable, Sendable {
        /// `host:port`.
        public var server: String
        /// What came of it, as a clause.
        public var why: String
        /// The server's own code if it answered that it cannot serve, such as `no_leader` or `behind`.
        public var code: String?

        /// Creates an attempt.
        public init(server: String, why: String, code: String? = nil) {
            self.server = server
            self.why = why
            self.code = code
        }
    }

    /// No server took the request: nothing was done.
    case unavailable(tried: [Attempt])
    /// The request may have taken effect, or may still do so. The same request under the same key
    /// finds out and does nothing twice.
    case outcomeUnknown(key: String)
    /// The cluster says no; asking again gives the same.
    case refused(status: Int, code: String, message: String)
    /// No server that was given is of the cluster: this one belongs to another, the rest to another
    /// or speaks another version. Nothing was sent to any of them.
    case clusterChanged(server: String, expected: String, found: String)
    /// No server that was given will do: this one speaks another version of the protocol, the rest
    /// does or belongs to another cluster. Nothing was sent to any of them.
    case versionMismatch(server: String, expected: String, found: String)
    /// The address of a server is not `host:port`.
    case invalidServer(String)

    /// Whether some servers answered, and said that they know no leader.
    public var isWithoutLeader: Bool {
        guard case .unavailable(let tried) = self else { return false }
        return tried.contains { $0.code == "no_leader" }
    }

    /// What is wrong with the server that a mismatch names, without its name.
    var reason: String {
        switch self {
        case .clusterChanged(_, let expected, let found):
            "belongs to cluster '\(found)', not to '\(expected)'"
        case .versionMismatch(_, let expected, let found):
            "speaks version \(found) of the protocol, not \(expected)"
        case .unavailable, .outcomeUnknown, .refused, .invalidServer: description
        }
    }

    /// What went wrong, as a clause.
    public var description: String {
        switch self {
        case .unavailable(let tried):
            let servers = tried.map { "\($0.server): \($0.why)" }.joined(separator: ", ")
            let what = isWithoutLeader ? "no server knows a leader" : "no server is available"
            return "\(what) (\(servers))"
        case .outcomeUnknown(let key):
            return "the outcome is unknown: the same request with key '\(key)' finds out"
        case .refused(let status, let code, let message):
            return "\(message) (\(code), \(status))"
        case .clusterChanged(let server, _, _), .versionMismatch(let server, _, _):
            return "\(server) \(reason)"
        case .invalidServer(let text):
            return "'\(text)' is not host:port"
        }
    }
}
