internal import ReplicationCollections
import Storage

/// When callers want their answers, of those who say it and have none.
///
/// - Complexity: O(log *n*) for each call.
struct CallerPatience {
    /// A caller and when its time is over.
    struct Due: Hashable, Comparable, Sendable {
        var at: Instant
        var ticket: Ticket

        static func < (left: Due, right: Due) -> Bool {
            (left.at, left.ticket) < (right.at, right.ticket)
        }
    }

    /// The longest time that is taken; a node waits for less anyway.
    private static let longest = Duration.seconds(86_400)
    private var dues = SortedMap<Due, Bool>()

    /// When the next one wants its answer.
    var next: Instant? { dues.first?.key.at }

    mutating func add(_ due: Due) { dues[due] = true }

    /// A caller was answered, or is gone.
    mutating func remove(_ due: Due?) {
        if let due { dues.removeValue(forKey: due) }
    }

    /// The next one whose time is over.
    mutating func popLate(at now: Instant) -> Ticket? {
        guard let first = dues.first?.key, first.at <= now else { return nil }
        dues.removeValue(forKey: first)
        return first.ticket
    }

    /// Reads `Chat-Patience`, milliseconds.
    ///
    /// - Throws: The answer to a value that is none.
    static func length(of request: HTTPRequest) throws(Invalid) -> Duration? {
        guard let text = request.field(ProtocolFields.patienceName.lowercased()) else { return nil }
        guard let milliseconds = Int64(digits: text), milliseconds > 0,
            .milliseconds(milliseconds) <= longest
        else { throw Invalid() }
        return .milliseconds(milliseconds)
    }

    /// The value is no number of milliseconds.
    struct Invalid: Error {
        var response: HTTPResponse {
            .error(
                .badRequest,
                code: "patience_invalid",
                message: "Chat-Patience is a number of milliseconds, at most a day"
            )
        }
    }
}
