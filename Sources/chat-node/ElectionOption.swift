import ChatOptions
import Replication
import Storage

/// `--election`: who should lead.
enum ElectionOption {
    /// The policy that a command line names.
    static func policy(in parsed: ParsedCommand) throws(UsageError) -> any ElectionPolicy {
        let text = try parsed.string(required: "election")
        switch text {
        case "randomized": return RandomizedElection()
        case "lowest-id": return LowestIDElection()
        case "manual": return ManualElection()
        default: break
        }
        guard text.hasPrefix("priority:") else {
            throw parsed.usageError(
                "The value '\(text)' is invalid for '--election <policy>'. Please provide one of"
                    + " 'randomized', 'lowest-id', 'priority:' and ids, or 'manual'."
            )
        }
        let names = text.dropFirst("priority:".utf8.count)
            .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for (place, name) in names.enumerated() {
            guard NodeIdentity.isValid(id: name) else {
                throw parsed.usageError(
                    "'\(name)' in '--election \(text)' is no node's id. Please list ids, the preferred"
                        + " one first, as in 'priority:n2,n1,n3'."
                )
            }
            guard !names[..<place].contains(name) else {
                throw parsed.usageError("'--election \(text)' names '\(name)' twice.")
            }
        }
        return PriorityElection(order: names)
    }
}
