package import Storage

/// One session of a user, as it is kept between runs.
///
/// `{"cluster":"0b5e…","name":"ann","token":"6d…"}`
package struct Profile: Hashable, Sendable {
    /// The cluster's id; a server of any other never sees the token.
    package var cluster: String
    /// The account's name.
    package var name: String
    /// The bearer token: whoever has it is the account.
    package var token: String

    /// Creates a profile.
    package init(cluster: String, name: String, token: String) {
        self.cluster = cluster
        self.name = name
        self.token = token
    }
}

extension Profile: LineCodable {
    /// Reads what ``write(to:)`` writes; unknown members are from a newer version, and read over.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (cluster, accountName, token): (String?, String?, String?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "cluster": cluster = try reader.string()
            case "name": accountName = try reader.string()
            case "token": token = try reader.string()
            default: _ = try reader.skip()
            }
        }
        self.init(
            cluster: try reader.require(cluster, "cluster"),
            name: try reader.require(accountName, "name"),
            token: try reader.require(token, "token")
        )
    }

    /// Writes `{"cluster":"…","name":"ann","token":"…"}`.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("cluster", cluster)
        writer.member("name", name)
        writer.member("token", token)
        writer.endObject()
    }
}
