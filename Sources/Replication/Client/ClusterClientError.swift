/// Why a client has no answer to give.
public enum ClusterClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A server that was tried, and what came of it last.
    public struct Attempt: Hashable, Sendable {
        /// `host:port`.
        public var server: String
        /// What came of it, as a clause.
        public var why: String

        /// Creates an attempt.
        public init(server: String, why: String) {
            self.server = server
            self.why = why
        }
    }

    /// No server took the request: nothing was done.
    case unavailable(tried: [Attempt])
    /// The request may have taken effect, or may still do so. The same request under the same key
    /// finds out and does nothing twice.
    case outcomeUnknown(key: String)
    /// The cluster says no; asking again gives the same.
    case refused(status: Int, code: String, message: String)
    /// The server belongs to another cluster; nothing was sent to it.
    case clusterChanged(server: String, expected: String, found: String)
    /// The server speaks another version of the protocol; nothing was sent to it.
    case versionMismatch(server: String, expected: String, found: String)
    /// The address of a server is not `host:port`.
    case invalidServer(String)

    /// What went wrong, as a clause.
    public var description: String {
        switch self {
        case .unavailable(let tried):
            let servers = tried.map { "\($0.server): \($0.why)" }.joined(separator: ", ")
            return "no server is available (\(servers))"
        case .outcomeUnknown(let key):
            return "the outcome is unknown: the same request with key '\(key)' finds out"
        case .refused(let status, let code, let message):
            return "\(message) (\(code), \(status))"
        case .clusterChanged(let server, let expected, let found):
            return "\(server) belongs to cluster '\(found)', not to '\(expected)'"
        case .versionMismatch(let server, let expected, let found):
            return "\(server) speaks version \(found) of the protocol, not \(expected)"
        case .invalidServer(let text):
            return "'\(text)' is not host:port"
        }
    }
}
