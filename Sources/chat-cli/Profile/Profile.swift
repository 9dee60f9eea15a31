package import Storage

/// One session of a user, as it is kept between runs.
///
/// `{"cluster":"0b5e…","name":"ann","token":"6d…","servers":["10.0.0.1:7400"]}`
package struct Profile: Hashable, Sendable {
    /// The cluster's id; a server of any other never sees the token.
    package var cluster: String
    /// The account's name.
    package var name: String
    /// The bearer token: whoever has it is the account.
    package var token: String
    /// The servers of the cluster as it named them last, for commands that name none.
    package var servers: [String] = []

    /// Creates a profile.
    package init(cluster: String, name: String, token: String, servers: [String] = []) {
        self.cluster = cluster
        self.name = name
        self.token = token
        self.servers = servers
    }
}

extension Profile: LineCodable {
    /// Reads what ``write(to:)`` writes; unknown members are from a newer version, and read over.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (cluster, accountName, token): (String?, String?, String?)
        var servers: [String] = []
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "cluster": cluster = try reader.string()
            case "name": accountName = try reader.string()
            case "token": token = try reader.string()
            case "servers":
                try reader.elements { (reader) throws(LineError) in
                    servers.append(try reader.string())
                }
            default: _ = try reader.skip()
            }
        }
        self.init(
            cluster: try reader.require(cluster, "cluster"),
            name: try reader.require(accountName, "name"),
            token: try reader.require(token, "token"),
            servers: servers
        )
    }

    /// Writes `{"cluster":"…","name":"ann","token":"…"}`, and `servers` if any are known.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("cluster", cluster)
        writer.member("name", name)
        writer.member("token", token)
        if !servers.isEmpty {
            writer.key("servers")
            writer.beginArray()
            for server in servers { writer.string(server) }
            writer.endArray()
        }
        writer.endObject()
    }
}
