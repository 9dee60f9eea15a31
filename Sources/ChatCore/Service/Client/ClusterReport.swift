import Replication
public import Storage

/// What one node knows of its cluster, as `GET /v1/cluster` tells.
public struct ClusterReport: Hashable, Sendable {
    /// A member, as the node that was asked sees it.
    public struct Member: Hashable, Sendable {
        /// Its id.
        public var id = ""
        /// Where other nodes reach it.
        public var peer = ""
        /// Where clients reach it; empty while it is not known.
        public var client = ""
        /// `leader`, `follower`, `learner`, or `joining` while it catches up to become a voter.
        public var role = ""
        /// Whether it counts for a quorum.
        public var isVoter = true
        /// Whether the node that was asked is connected to it, or is it.
        public var isConnected = false
    }

    /// The cluster's id.
    public var cluster: String?
    /// The node that was asked.
    public var node = ""
    /// What it is in its term.
    public var role = ""
    /// Its term.
    public var term: UInt64 = 0
    /// Who leads, as far as it knows.
    public var leader: String?
    /// Up to where it has applied the log.
    public var applied: UInt64 = 0
    /// Whether its disk is full, and it refuses requests.
    public var isDiskFull = false
    /// The entry with the membership in effect.
    public var membership: UInt64 = 0
    /// Whether a change of members is under way.
    public var isChanging = false
    /// Whether it was removed from the cluster, and serves nobody.
    public var isRemoved = false
    /// The members.
    public var members: [Member] = []
    /// What the node has to say about it, a sentence each.
    public var explanations: [String] = []

    /// Reads the body; unknown members are from a newer server, and read over.
    public init(_ body: [UInt8]) throws(LineError) {
        var reader = JSONReader(body)
        try reader.members { (name, reader) throws(LineError) in
            try read(name, &reader)
        }
        try reader.finish()
    }

    private mutating func read(_ name: String, _ reader: inout JSONReader) throws(LineError) {
        guard try reader.peek() != .null else { return try reader.null() }
        switch name {
        case "cluster": cluster = try reader.string()
        case "node": node = try reader.string()
        case "role": role = try reader.string()
        case "term": term = try reader.unsigned()
        case "leader": leader = try reader.string()
        case "applied": applied = try reader.unsigned()
        case "disk_full": isDiskFull = try reader.boolean()
        case "membership": membership = try reader.unsigned()
        case "changing": isChanging = try reader.boolean()
        case "removed": isRemoved = try reader.boolean()
        case "members":
            try reader.elements { (reader) throws(LineError) in
                members.append(try Member(from: &reader))
            }
        case "explain":
            try reader.elements { (reader) throws(LineError) in
                try reader.members { (name, reader) throws(LineError) in
                    if name == "text" {
                        explanations.append(try reader.string())
                    } else {
                        _ = try reader.skip()
                    }
                }
            }
        default: _ = try reader.skip()
        }
    }
}

extension ClusterReport.Member {
    init(from reader: inout JSONReader) throws(LineError) {
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try reader.string()
            case "peer": peer = try reader.string()
            case "client": client = try reader.string()
            case "role": role = try reader.string()
            case "voter": isVoter = try reader.boolean()
            case "connected": isConnected = try reader.boolean()
            default: _ = try reader.skip()
            }
        }
    }
}

extension ChatClient {
    /// What the server in use knows of its cluster; needs no session.
    ///
    /// One that belongs to no cluster yet answers too, and says why; its report has no cluster.
    ///
    /// - Throws: ``ChatClientError``.
    public func clusterReport() async throws(ChatClientError) -> ClusterReport {
        let response: ClusterClient.Response
        await connection.takeBlankServers()
        do throws(ClusterClientError) {
            response = try await connection.get("/v1/cluster")
        } catch {
            throw .failed(error)
        }
        do throws(LineError) {
            return try ClusterReport(response.body)
        } catch {
            throw .unreadable(server: response.server, error)
        }
    }
}
