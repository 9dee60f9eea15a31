public import Storage

/// What can go wrong with a replica.
public enum ReplicationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The data directory cannot be used; says what, where and what to do.
    case journal(JournalError)
    /// An entry in the journal is of another version.
    case entry(LineError)
    /// A snapshot in the data directory cannot be used; says which, why and what to do.
    case snapshot(SnapshotError)
    /// An address cannot be listened on.
    case listen(address: String, reason: String)
    /// The configuration is wrong; says what to change.
    case configuration(String)
    /// The replica was stopped, or is stopping: nothing was done.
    case stopped
    /// The state machine rejected the request.
    case refused(Refusal)
    /// Nobody leads, or too much is under way: nothing was done.
    case unavailable(String)
    /// What the state machine's `admit` gave cannot be logged: its own decoder refuses it, it is not
    /// in its canonical form, or `by` or the key is too long; the node's log says which. Nothing was
    /// done.
    case operationInvalid
    /// The request, or the operation that it became, is larger than an entry may be: nothing was
    /// done.
    case tooLarge
    /// The request may or may not have taken effect: try again with this key.
    case outcomeUnknown(key: String)
    /// A change of members was not begun; says why. Nothing was done.
    case change(ChangeRefusal)
    /// A change of members was begun, and another leader finishes it or drops it: look at the
    /// members before you try again.
    case changeUnknown
    /// A leader has another history than this node knows to be committed; the directory is as it was.
    ///
    /// Somebody must decide which history counts; see Operations.md.
    case contradicted(String)
    /// The replica cannot go on.
    case failed(String)

    /// What, where, and what to do.
    public var description: String {
        switch self {
        case .journal(let error): "\(error)"
        case .entry(let error): "the journal holds an entry of another version: \(error)"
        case .snapshot(let error): "\(error)"
        case .listen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .configuration(let reason): reason
        case .stopped: "the replica was stopped; nothing was done"
        case .refused(let refusal): "\(refusal.message) (\(refusal.code))"
        case .unavailable(let reason): "\(reason); nothing was done"
        case .operationInvalid:
            "the operation cannot be read by the node that would log it, as the log of the node says;"
                + " nothing was done: correct the state machine's coding, or run one version on all"
                + " nodes"
        case .tooLarge: "the request is larger than an entry may be; nothing was done"
        case .outcomeUnknown(let key):
            "the request may or may not have taken effect: try again with key \(key)"
        case .change(let refusal): "\(refusal); nothing was done"
        case .changeUnknown:
            "the leader changed meanwhile, and the members may change or not: look at them first"
        case .contradicted(let reason), .failed(let reason): reason
        }
    }
}
