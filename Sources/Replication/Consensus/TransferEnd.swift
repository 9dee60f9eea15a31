public import Storage

/// What became of a hand-over of the lead.
public enum TransferEnd: Hashable, Sendable {
    /// This node leads no more: another one has a later term.
    case moved(to: NodeIdentity)
    /// The other one did not take over within an election timeout; this node goes on leading.
    case timedOut(NodeIdentity)
    /// It was not begun, or broken off; says why.
    case refused(String)
}
