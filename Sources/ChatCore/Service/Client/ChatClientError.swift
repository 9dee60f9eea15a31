public import Replication
public import Storage

/// Why a client of the chat has no answer to give.
public enum ChatClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The cluster refused, could not be reached, or leaves the outcome unknown.
    case failed(ClusterClientError)
    /// The server took it and answered what this version cannot read; it may have taken effect.
    case unreadable(server: String, LineError)

    /// What went wrong, as a clause.
    public var description: String {
        switch self {
        case .failed(let error): error.description
        case .unreadable(let server, let error):
            "the answer of \(server) is not of this version: \(error)"
        }
    }
}
