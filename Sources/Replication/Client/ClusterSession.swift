/// The one connection that a client keeps, and what it has learned about the cluster.
///
/// Each new connection begins with `GET /v1/cluster`, without a token: only once the server has
/// named the cluster that the client knows does it get to see anything of the client's.
final class ClusterSession {
    /// Why there is no connection.
    enum Failure: Error {
        /// Another server, or another time, may do.
        case attempt(ServerConnection.Failure)
        /// Another server may do: this one is not of the cluster, or of another version.
        case stranger(ClusterClientError)
        /// No server will do.
        case fatal(ClusterClientError)
    }

    private(set) var servers: ServerList
    /// The cluster's id, once a server has named it.
    private(set) var cluster: String?
    /// Whether a server that belongs to no cluster yet may answer, as long as none is known.
    var takesBlankServers = false
    let dialler: Dialler
    private let connectTimeout: Duration
    private let onStranger: ClusterClient.StrangerReport?
    /// Strangers that were told of.
    private var told: Set<String> = []
    private var connection: ServerConnection?

    init(
        servers: ServerList,
        cluster: String?,
        connectTimeout: Duration,
        dialler: Dialler,
        onStranger: ClusterClient.StrangerReport?
    ) {
        self.servers = servers
        self.cluster = cluster
        self.connectTimeout = connectTimeout
        self.dialler = dialler
        self.onStranger = onStranger
    }

    /// The connection, made anew if need be, to a server of the right cluster.
    ///
    /// - Throws: ``Failure``; a stranger is told of, once for each server.
    func connected(until deadline: Instant) throws(Failure) -> ServerConnection {
        if let connection, connection.isUsable { return connection }
        connection = nil
        let limit = min(deadline, SystemClock.now() + connectTimeout)
        do {
            let fresh = try ServerConnection(to: servers.current, dialler, until: limit)
            try greet(fresh, until: limit)
            connection = fresh
            return fresh
        } catch let failure as Failure {
            if case .stranger(let error) = failure { tell(error) }
            throw failure
        } catch let failure as ServerConnection.Failure {
            throw .attempt(failure)
        } catch {
            throw .attempt(.notSent("\(error)"))
        }
    }

    private func tell(_ error: ClusterClientError) {
        if told.insert(servers.current).inserted { onStranger?(error) }
    }

    /// Leaves the current server for the next.
    func advance() {
        connection = nil
        servers.advance()
    }

    /// Gives the connection up, but stays with its server.
    func disconnect() { connection = nil }

    /// Checks who answers, and remembers what it says.
    func check(_ fields: HTTPFields, of server: String) throws(Failure) {
        guard let version = fields.first(ProtocolFields.versionName.lowercased()) else {
            throw .attempt(.notSent("it does not speak this protocol"))
        }
        guard version == ProtocolFields.version else {
            throw .stranger(
                .versionMismatch(
                    server: server,
                    expected: ProtocolFields.version,
                    found: version
                )
            )
        }
        guard let found = fields.first(ProtocolFields.clusterName.lowercased()), !found.isEmpty
        else {
            if takesBlankServers, cluster == nil { return }
            throw .attempt(.notSent("it belongs to no cluster yet"))
        }
        guard cluster == nil || cluster == found else {
            throw .stranger(
                .clusterChanged(server: server, expected: cluster ?? "", found: found)
            )
        }
        cluster = found
    }

    /// Takes over a list of servers that a server has sent.
    func refresh(_ body: [UInt8]) {
        if let view = ClusterView(body) { servers.refresh(view.clients) }
    }

    private func greet(_ fresh: ServerConnection, until deadline: Instant) throws {
        let request = HTTPCall(method: .get, path: "/v1/cluster").bytes(host: fresh.server)
        let answer: ServerConnection.Answer
        do {
            answer = try fresh.exchange(request, until: deadline)
        } catch .noAnswer(let why), .lost(let why) {
            // Only the question who it is went out, so nothing can have been done.
            throw ServerConnection.Failure.notSent(why)
        } catch .cancelled {
            throw ServerConnection.Failure.cancelled(wasSent: false)
        }
        try check(answer.fields, of: fresh.server)
        if answer.status == 200 { refresh(answer.body) }
    }
}
