/// Servers of a client's list that are not of its cluster, or speak another version.
///
/// One wrong address must not beat all good ones: such a server is passed by, and only a list of
/// nothing else ends a call.
struct Strangers: Sendable {
    private var found: [String: ClusterClientError] = [:]

    /// A server is a stranger.
    mutating func note(_ server: String, _ error: ClusterClientError) { found[server] = error }

    /// A server is of the cluster, or has not said whether it is.
    mutating func clear(_ server: String) { found[server] = nil }

    /// The error that ends the call: every server of the list was found to be a stranger.
    func verdict(on servers: [String]) -> ClusterClientError? {
        guard let first = servers.first, servers.allSatisfy({ found[$0] != nil }) else {
            return nil
        }
        return found[first]
    }
}
