public import Storage

/// What a node knows of its cluster.
public struct ClusterStatus: Hashable, Sendable {
    /// A member as a node sees it.
    public struct Node: Hashable, Sendable {
        /// Id, incarnation, addresses and role as the log has them; the client address as the
        /// member itself last said.
        public var member: Member
        /// Whether the node that was asked is connected to it, or is it.
        public var isConnected: Bool
    }

    /// The cluster's id, or nil before it is formed.
    public var cluster: String?
    /// The node that was asked.
    public var node: NodeIdentity
    /// What it is in its term.
    public var role: String
    /// Its term.
    public var term: Term
    /// Who leads, as far as it knows.
    public var leader: NodeIdentity?
    /// Up to where it has applied the log.
    public var applied: LogIndex
    /// Up to where it knows the log to be committed.
    public var committed: LogIndex
    /// Where its log ends.
    public var last: LogIndex
    /// Whether the node that was asked has not yet applied what was committed when it first heard of a
    /// leader: its state is an old one, or none.
    public var isCatchingUp = false
    /// Whether the disk of the node that was asked is full: it refuses requests until there is
    /// space.
    public var isDiskFull = false
    /// Whether the state of the node that was asked differs from a majority's: it serves nobody until
    /// it has another.
    public var isDiverged = false
    /// Whether the node that was asked leads, and found states that differ and no majority for one.
    public var isSplit = false
    /// The members whose committed history this cluster contradicts: they have stopped.
    public var contradicted: [NodeIdentity] = []
    /// The entry with the membership in effect.
    public var membershipIndex = LogIndex.zero
    /// Whether a change of members is under way.
    public var isChanging = false
    /// Whether the node that was asked is a member no more.
    public var isRemoved = false
    /// The members; during a change also those that leave.
    public var nodes: [Node]
    /// Why there is no leader, why nothing commits, who holds up the quorum, whose clock is off, as
    /// far as this node knows; empty if there is nothing to say.
    public var explanations: [Explanation] = []
}

extension ClusterStatus {
    /// Appends the status as JSON, as `GET /v1/cluster` answers.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("cluster", cluster)
        writer.member("node", node.id)
        writer.member("role", role)
        writer.member("term", term.value)
        writer.member("leader", leader?.id)
        writer.member("applied", applied.value)
        writer.member("committed", committed.value)
        writer.member("last", last.value)
        if isDiskFull { writer.member("disk_full", true) }
        writer.member("membership", membershipIndex.value)
        if isChanging { writer.member("changing", true) }
        if isRemoved { writer.member("removed", true) }
        if isDiverged { writer.member("diverged", true) }
        if isSplit { writer.member("split", true) }
        if !contradicted.isEmpty { writer.member("contradicted", contradicted) }
        writer.key("members")
        writer.beginArray()
        for node in nodes {
            writer.beginObject()
            writer.member("id", node.member.identity.id)
            writer.member("incarnation", node.member.identity.incarnation)
            writer.member("peer", node.member.peerAddress)
            writer.member("client", node.member.clientAddress)
            writer.member("role", role(of: node.member))
            writer.member("voter", node.member.role == .voter)
            writer.member("connected", node.isConnected)
            writer.endObject()
        }
        writer.endArray()
        if !explanations.isEmpty {
            writer.key("explain")
            writer.beginArray()
            for explanation in explanations { explanation.write(to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    private func role(of member: Member) -> String {
        if member.identity == leader { return "leader" }
        guard member.role == .voter else { return member.role.rawValue }
        // Of itself a node knows more than of others.
        return member.identity == node ? role : "follower"
    }
}

extension Node {
    /// What this node knows of its cluster.
    package var status: ClusterStatus {
        let nodes = core.membership.all.map { member in
            var member = member
            let heard = hellos.last { $0.from == member.identity && $0.cluster == cluster }
            let isSelf = member.identity == identity
            if isSelf { member.clientAddress = configuration.clientAddress }
            if let heard { member.clientAddress = heard.clientAddress }
            return ClusterStatus.Node(member: member, isConnected: isSelf || heard != nil)
        }
        return ClusterStatus(
            cluster: cluster,
            node: identity,
            role: (removal == nil ? core.role : .follower).rawValue,
            term: core.term,
            leader: core.leader,
            applied: state.applied.index,
            committed: commitIndex,
            last: core.lastPosition.index,
            isCatchingUp: !hasCaughtUp,
            isDiskFull: shortage != nil,
            isDiverged: divergence != nil,
            isSplit: digests.isAlarmed,
            contradicted: (alarms.keys + (contradiction.map { [$0.found.node] } ?? [])).sorted(),
            membershipIndex: core.membershipIndex,
            isChanging: core.isChanging,
            isRemoved: removal != nil,
            nodes: nodes,
            explanations: explanations
        )
    }
}
