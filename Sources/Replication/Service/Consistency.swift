public import Storage

/// How new the state must be that answers a query.
public enum Consistency: Hashable, Sendable {
    /// At least as new as every write that was acknowledged before the query came.
    case linearizable
    /// Whatever this node has.
    case stale
    /// This entry is applied: what a caller wrote or saw before, it sees again, on any node, and no
    /// leader is asked.
    ///
    /// Refused as `behind` if the node has not applied it within the time of a request.
    case atLeast(LogIndex)
    /// At least as new as every write that was acknowledged this long before the query came.
    ///
    /// Answered at once if this node has asked the leader lately, and else as `linearizable`. No
    /// clock counts but this node's own monotonic one.
    case bounded(Duration)
}

extension Consistency: CustomStringConvertible {
    /// The longest staleness that may be asked for.
    private static var longest: UInt64 { 86_400_000 }

    /// Reads `linearizable`, `stale`, `at-least:42` (an index) or `bounded:500` (milliseconds, at
    /// most a day); nil for anything else.
    public init?(_ text: String) {
        switch text {
        case "linearizable": self = .linearizable
        case "stale": self = .stale
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = UInt64(digits: parts[1]) else { return nil }
            switch parts[0] {
            case "at-least" where number <= 1 << 53: self = .atLeast(LogIndex(number))
            case "bounded" where number <= Self.longest: self = .bounded(.milliseconds(number))
            default: return nil
            }
        }
    }

    /// As in a query's parameter `consistency`; durations are rounded down to milliseconds.
    public var description: String {
        switch self {
        case .linearizable: "linearizable"
        case .stale: "stale"
        case .atLeast(let index): "at-least:\(index.value)"
        case .bounded(let limit): "bounded:\(max(0, limit.nanoseconds / 1_000_000))"
        }
    }
}
