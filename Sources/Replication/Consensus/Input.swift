package import Storage

/// What happens to a node's consensus core.
package enum Input: Hashable, Sendable {
    /// Time went by; due at ``Consensus/nextDeadline`` at the latest, harmless at any time.
    case timer
    /// A message came from the node that the connection's handshake named.
    case receive(Message, from: NodeIdentity)
    /// Proposals with these sizes; a leader gives them consecutive positions, all or none.
    case propose(bytes: [Int])
    /// Everything up to and with this token's batch is durable.
    case persisted(PersistToken)
    /// A linearizable read was asked for.
    case read(ReadTicket)
    /// A connection to this node was made; it is probed again, from the start.
    case connected(NodeIdentity)
    /// The connection to this node ended.
    case disconnected(NodeIdentity)
    /// The journal dropped its entries up to and with this one; nothing happens if it is not
    /// known to be committed.
    case compacted(before: LogPosition)
    /// A snapshot that ends with this entry was delivered to this member, which has installed it.
    case snapshotSent(to: NodeIdentity, position: LogPosition)
    /// A snapshot did not get to this member; it is ordered again if it is still needed.
    case snapshotFailed(to: NodeIdentity)
    /// A snapshot that ends with `position` was installed: state and journal hold it durably.
    ///
    /// The journal kept what follows if it held that entry, and else dropped all its entries. The
    /// core must not have ordered writes since that was decided.
    case installed(position: LogPosition, membership: Membership, membershipIndex: LogIndex)
    /// Entries behind `previous` that this node had before its disk was damaged, proven to be those.
    case fill(previous: LogPosition, EntryBatch)
    /// An operator, or the node itself, asks for a change of members; `expecting` is the entry with
    /// the membership that the caller knows, or nil if any will do.
    case change(MembershipChange, expecting: LogIndex?)
    /// The lead is to be handed over, to this voter or to the one that is closest behind.
    case transfer(to: NodeIdentity?)
    /// A majority contradicts this node's state, or it has a good one again: with a bad one it leads
    /// only where nobody else can, and no longer than that; it does all else, for log and votes are
    /// good.
    case diverged(Bool)
    /// Others know that this node acknowledged an entry, if one is given, and that it spoke in a
    /// term; its disk does not say so, since it was put back to an old copy.
    case forgotten(LogPosition?, term: Term)
    /// The disk has no room for entries, or has room again; votes can always be written.
    case disk(isFull: Bool)
}

/// A batch of the journal, numbered in the order of writing since the node started.
///
/// Completion is told by token and never by index: an index that was truncated and written again
/// is two entries, and only the token says which of them is durable.
package struct PersistToken: Hashable, Comparable, Sendable {
    /// The number; 0 stands before the first batch.
    package var value: UInt64

    /// Creates a token.
    package init(_ value: UInt64) { self.value = value }

    /// What was durable when the node started.
    package static let zero = PersistToken(0)
    /// The token of the next batch.
    package var next: PersistToken { PersistToken(value + 1) }

    /// Orders by number.
    package static func < (left: PersistToken, right: PersistToken) -> Bool {
        left.value < right.value
    }
}

/// The caller's name for a read; the core gives it back and does not look into it.
package struct ReadTicket: Hashable, Sendable {
    /// The number.
    package var value: UInt64

    /// Creates a ticket.
    package init(_ value: UInt64) { self.value = value }
}
