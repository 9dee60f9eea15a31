package import Replication

/// The kinds of messages between nodes, so that a test's table of them is known to be whole.
///
/// A new message does not compile before it has a kind here, and a kind fails each table that lacks
/// a message of it.
package enum PeerMessageKind: Hashable, CaseIterable, Sendable {
    case hello, welcome, refused, consensus, forward, forwarded, read, readIndex, snapshot
    case snapshotReply, entriesWanted, entriesFound, digestQuestion, digestAnswer, digestAgreed
    case digestDiverged, digestWanted, formationRound, blank, join, joinAnswer, removed
    case acknowledged, contradiction, ping, pong

    /// The kind of a message.
    package init(_ message: PeerMessage) {
        // Without a default on purpose: the compiler names this place when a message is new.
        self =
            switch message {
            case .hello: .hello
            case .welcome: .welcome
            case .refused: .refused
            case .consensus: .consensus
            case .forward: .forward
            case .forwarded: .forwarded
            case .read: .read
            case .readIndex: .readIndex
            case .snapshot: .snapshot
            case .snapshotReply: .snapshotReply
            case .entriesWanted: .entriesWanted
            case .entriesFound: .entriesFound
            case .digest(.question): .digestQuestion
            case .digest(.answer): .digestAnswer
            case .digest(.agreed): .digestAgreed
            case .digest(.diverged): .digestDiverged
            case .digest(.wanted): .digestWanted
            case .formationRound: .formationRound
            case .blank: .blank
            case .join: .join
            case .joinAnswer: .joinAnswer
            case .removed: .removed
            case .acknowledged: .acknowledged
            case .contradiction: .contradiction
            case .ping: .ping
            case .pong: .pong
            }
    }

    /// The kinds that a table lacks.
    package static func missing(in messages: [PeerMessage]) -> [PeerMessageKind] {
        let present = Set(messages.map(PeerMessageKind.init))
        return allCases.filter { !present.contains($0) }
    }
}
