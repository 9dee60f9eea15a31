import Storage

/// Something that a node has to say about its cluster, in words; for people.
public struct Explanation: Hashable, Sendable, CustomStringConvertible {
    /// What it is about.
    public enum Subject: String, Hashable, Sendable, CaseIterable {
        /// Why this node belongs to no cluster yet.
        case formation
        /// Why there is no leader.
        case leader
        /// Why nothing commits.
        case commit
        /// Who holds up the quorum.
        case quorum
        /// What this node's disk keeps it from.
        case disk
        /// Two histories: what one node knew to be committed others lack.
        case history
        /// States that differ from each other.
        case state
        /// A change of members, a member that catches up.
        case members
        /// Whose clock is off.
        case clock
    }

    /// What it is about.
    public var subject: Subject
    /// One sentence without a full stop.
    public var text: String

    /// Creates an explanation.
    public init(_ subject: Subject, _ text: String) {
        self.subject = subject
        self.text = text
    }

    /// Subject and sentence.
    public var description: String { "\(subject.rawValue): \(text)" }
}

extension Explanation {
    /// Appends `{"subject":"quorum","text":"…"}`.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("subject", subject.rawValue)
        writer.member("text", text)
        writer.endObject()
    }
}

extension Duration {
    /// The two largest units, as `2h 5m`; for people.
    var inWords: String {
        let total = components.seconds.magnitude
        guard total >= 1 else {
            return "\(components.attoseconds.magnitude / 1_000_000_000_000_000)ms"
        }
        let (days, hours) = (total / 86_400, total / 3_600 % 24)
        let (minutes, seconds) = (total / 60 % 60, total % 60)
        let parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
            .drop { $0.0 == 0 }.prefix(2)
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
