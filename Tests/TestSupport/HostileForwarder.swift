package import Replication
import Storage

/// A member that forwards operations which no node of this version can apply, as a newer one would.
package enum HostileForwarder {
    /// Plays the schedule on three whole nodes; all must stay up and go on writing.
    ///
    /// - Throws: ``Violation`` if a node stops.
    package static func play(seed: UInt64) throws(Violation) {
        let cluster = try ScriptedCluster(seed: seed)
        let digest = String(repeating: "0", count: 64)
        for (number, operation) in ["{}", #"{"prepend":"a"}"#, #"{ "append":"a"}"#].enumerated() {
            let proposal = Proposal(
                by: "x",
                key: "k\(number)",
                request: digest,
                operation: Array(operation.utf8)
            )
            try cluster.simulation.say(
                .forward(id: UInt64(number), proposal),
                from: cluster.followers[0],
                to: cluster.leader
            )
        }
        _ = try cluster.appended("a", at: cluster.followers[1])
        try cluster.wait(.seconds(1))
        guard cluster.values == ["a"] else {
            let detail = "an operation that is none took effect: \(cluster.values)"
            throw Violation(promise: .staysUp, detail: detail, seed: seed)
        }
    }
}
