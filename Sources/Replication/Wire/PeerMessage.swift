package import Storage

/// What nodes say to each other, one sealed line each; an append is followed by its entries' lines,
/// a piece of a snapshot by the snapshot's.
///
/// `{"consensus":{"append":{…}},"clock":1763697600123,"crc":"…"}`
package enum PeerMessage: Hashable, Sendable {
    /// The first line of a connection, from the node that dialled.
    case hello(Hello)
    /// The answer to a hello; from here on messages go from the dialler to the other side.
    case welcome(Hello)
    /// The answer to a hello that is not taken; the connection ends.
    case refused(LinkRefusal)
    /// A message of the consensus core; `clock` is the sender's wall clock.
    case consensus(Message, clock: Timestamp)
    /// An admitted request, from a follower to the leader.
    case forward(id: UInt64, Proposal)
    /// What became of a forwarded request.
    case forwarded(id: UInt64, ForwardOutcome)
    /// Asks the leader for an index that a linearizable read must wait for.
    case read(id: UInt64)
    /// The index, or nil if the node asked does not lead.
    case readIndex(id: UInt64, LogIndex?)
    /// A piece of the leader's snapshot.
    case snapshot(SnapshotPiece)
    /// The answer to a piece.
    case snapshotReply(SnapshotReply)
    /// Asks for entries that the sender's damaged disk lost.
    case entriesWanted(EntriesWanted)
    /// The answer, followed by the lines of the entries.
    case entriesFound(EntriesFound)
    /// About the digests of states.
    case digest(DigestMessage)
    /// Asks a node whether it is blank, before a cluster is formed.
    case formationRound(UInt64)
    /// The answer of a blank node: the round and its own list.
    case blank(round: UInt64, FormationPlan)
    /// Asks to become a member; the role is what it wants to be, for good or until it has caught up.
    /// A member that does not lead passes it on to the leader, once.
    case join(Member)
    /// The answer to the one who asked, by way of who passed it on.
    case joinAnswer(NodeIdentity, JoinAnswer)
    /// The addressee is a member no more, since this entry, and never will be again.
    case removed(LogIndex)
    /// What members are known to have acknowledged, the addressee perhaps among them.
    case acknowledged([Acknowledged])
    /// The sender found two histories, and stops.
    case contradiction(Contradiction)
    /// Asks the node that dialled a connection, over that connection, whether it is still there.
    case ping(UInt64)
    /// The answer.
    case pong(UInt64)
}

/// What a node that wants to become a member is told.
package enum JoinAnswer: Hashable, Sendable {
    /// It is a member, or is about to be: the leader will call it.
    case admitted
    /// It is not, and why; it may ask again.
    case refused(LinkRefusal)
}

/// Who speaks, and to whom.
package struct Hello: Hashable, Sendable {
    /// The protocol that this code speaks; another one is refused.
    package static let currentProtocol: UInt64 = 1

    /// The protocol's version.
    package var version = Hello.currentProtocol
    /// The cluster's id, or nil from a blank node.
    package var cluster: String?
    /// The speaker.
    package var from: NodeIdentity
    /// Where the speaker is reached by nodes.
    package var peerAddress: String
    /// Where the speaker is reached by clients.
    package var clientAddress: String
    /// Who is addressed, if the speaker knows.
    package var to: NodeIdentity?
    /// Whether nothing but pieces of snapshots will come over this connection.
    package var isBulk = false

    /// Creates a hello.
    package init(
        cluster: String?,
        from: NodeIdentity,
        peerAddress: String,
        clientAddress: String,
        to: NodeIdentity?
    ) {
        self.cluster = cluster
        self.from = from
        self.peerAddress = peerAddress
        self.clientAddress = clientAddress
        self.to = to
    }
}

/// Why a connection between nodes, or a node that wants to join, was refused; said on both sides.
package struct LinkRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// `protocol_mismatch`, `cluster_mismatch` or `node_mismatch`; of a join those of ``JoinRules``.
    package var code: String
    /// For people.
    package var message: String

    /// Creates a refusal.
    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// Code and message.
    package var description: String { "\(message) (\(code))" }
}

/// What the leader did with a forwarded request.
package enum ForwardOutcome: Hashable, Sendable {
    /// It took effect, now or before.
    case applied(LogIndex, output: [UInt8], isRepeated: Bool)
    /// It was not proposed.
    case failed(RequestFailure)
}

/// Why a request has no output.
package enum RequestFailure: String, Error, Hashable, Sendable, CaseIterable {
    /// Nobody leads; nothing was done.
    case noLeader = "no_leader"
    /// Too much is under way; nothing was done.
    case overloaded
    /// The node's state is being replaced, because a majority has another; nothing was done.
    case diverged = "state_diverged"
    /// The node has not applied the entry that a query wants to see; nothing was done.
    case behind
    /// The node's disk is full; nothing was done.
    case diskFull = "disk_full"
    /// It may or may not take effect; the same key finds out.
    case outcomeUnknown = "outcome_unknown"
    /// The key was used for another request.
    case keyReused = "key_reused"
    /// The key is older than what the table remembers; outcome unknown.
    case keyExpired = "key_expired"
    /// Larger than an entry may be.
    case tooLarge = "request_too_large"
    /// Its operation is none that the node which would log it can read; nothing was done.
    case operationInvalid = "operation_invalid"
    /// An earlier request of the same batch failed; nothing was done.
    case notTried = "not_tried"
    /// The node is stopping; nothing was done.
    case stopping
    /// The node was removed from its cluster; nothing was done.
    case removed
}
