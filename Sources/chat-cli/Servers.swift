import ChatOptions
import ChatService
import Replication
import Storage

/// Servers as people write them: `host`, `host:port`, or what a browser shows, `http://host:port/`.
enum ServerText {
    /// What a server listens on unless it is told otherwise.
    private static let defaultPort: UInt16 = 7400

    /// The address, `host:port`; what is no server is given back as it is, and refused by the client.
    ///
    /// - Throws: ``Failure`` for `https://`, which would promise what there is not.
    static func address(_ text: String) throws(Failure) -> String {
        guard !text.hasPrefix("https://") else {
            throw Failure(
                .usage,
                code: "server_invalid",
                "The server '\(text)' is asked to encrypt, which it cannot yet: use http://."
            )
        }
        var rest = text[...]
        if text.hasPrefix("http://") {
            rest = rest.dropFirst("http://".count)
            if rest.hasSuffix("/") { rest = rest.dropLast() }
        }
        let address = String(rest)
        guard Address(address) == nil, let named = Address("\(address):\(defaultPort)") else {
            return address
        }
        return named.description
    }
}

/// Which servers a command talks to, and of which cluster they are.
extension Call {
    /// The servers to try: those that were given, else those that the profile has kept.
    func addresses(_ profile: Profile?) throws(Failure) -> [String] {
        if parsed.origin(of: "servers") == .defaultValue, let profile, !profile.servers.isEmpty {
            return profile.servers
        }
        var addresses: [String] = []
        for text in parsed.list("servers") { addresses.append(try ServerText.address(text)) }
        return addresses
    }

    /// As ``addresses(_:)``, for a command that needs no session: a profile that cannot be read is none.
    func keptAddresses() throws(Failure) -> [String] {
        try addresses(try? profiles.load(profileName))
    }

    /// A client for making an account or a session, of one cluster that is known.
    ///
    /// - Parameters:
    ///   - profile: The profile that the new session goes into, as it is; that it is replaced is said.
    ///   - name: The new session's account.
    ///   - isBound: Whether only the profile's cluster will do: a password of one cluster is not for
    ///     another.
    /// - Returns: The client.
    /// - Throws: ``Failure`` if the servers belong to several clusters, and none is the profile's.
    func accountClient(
        _ profile: Profile?,
        for name: String,
        isBound: Bool
    ) async throws -> ChatClient {
        let servers = try addresses(profile)
        var cluster = profile?.cluster
        if cluster == nil ? servers.count > 1 : !isBound {
            cluster = try choose(cluster, among: await clusters(of: servers))
        }
        if let profile { tellReplaced(profile, name, cluster) }
        return try client(cluster: cluster, servers: servers)
    }

    private func tellReplaced(_ profile: Profile, _ name: String, _ cluster: String?) {
        let place = "note: profile '\(profileName)' holds a session of"
        if profile.cluster != cluster {
            report.note("\(place) another cluster, which is replaced")
        } else if profile.name.lowercased() != name.lowercased() {
            report.note("\(place) \(profile.name), which is replaced; --profile keeps both")
        }
    }

    private func choose(
        _ known: String?,
        among found: [(server: String, cluster: String)]
    ) throws(Failure) -> String? {
        let clusters = Set(found.map(\.cluster))
        if let known, clusters.isEmpty || clusters.contains(known) { return known }
        guard clusters.count > 1 else { return clusters.first ?? known }
        var failure = Failure(
            .configuration,
            code: "clusters_differ",
            "the servers belong to \(clusters.count) clusters. Nothing was sent."
        )
        let list = found.sorted { $0.server < $1.server }.map { "\($0.server) (\($0.cluster))" }
        failure.details = ["Name those of one: \(list.joined(separator: ", "))."]
        throw failure
    }

    /// The clusters of the servers that answer.
    private func clusters(of servers: [String]) async -> [(server: String, cluster: String)] {
        await withTaskGroup(of: (server: String, cluster: String)?.self) { group in
            for server in servers {
                group.addTask {
                    // One that is down has no say.
                    let client = try? client(servers: [server], limit: .seconds(1))
                    let cluster = try? await client?.clusterReport().cluster
                    return cluster.map { (server, $0) }
                }
            }
            var found: [(server: String, cluster: String)] = []
            for await one in group { if let one { found.append(one) } }
            return found
        }
    }

    /// Keeps the servers that a command has learned, so that the next one finds them.
    func keepServers() async {
        guard let (profile, client) = used.withLock({ $0 }) else { return }
        var learned = profile
        learned.servers = await client.connection.serversToKeep
        guard !learned.servers.isEmpty, learned != profile else { return }
        // What cannot be kept is learned again; a session that another process has ended or replaced
        // meanwhile is not brought back.
        do {
            guard try profiles.load(profileName) == profile else { return }
            try profiles.save(learned, as: profileName)
        } catch {}
    }
}
