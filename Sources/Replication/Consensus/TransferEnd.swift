public import Storage

/// Why the lead is handed over.
package enum TransferCause: String, Hashable, Sendable {
    /// An operator, or a node that is about to stop, asked for it.
    case order
    /// The election policy names another leader.
    case policy
    /// This leader's disk does not finish its writes.
    case stalledDisk
    /// This leader is no voter any more.
    case removal
    /// This leader's state is bad, and another voter has its whole log.
    case divergence
}

/// What became of a hand-over of the lead.
public enum TransferEnd: Hashable, Sendable {
    /// This node leads no more: another one has a later term.
    case moved(to: NodeIdentity)
    /// The other one was asked to, and did not take over within an election timeout, or while this
    /// node still led; it may do so yet. Otherwise this node goes on leading if it can.
    case timedOut(NodeIdentity)
    /// It was not begun, or broken off before the other one was asked to take over; says why.
    case refused(String)
}
