package import Replication
import Storage

/// The schedule of Figure 8 of the Raft paper, played on five whole nodes.
///
/// A leader's entry reaches one follower and no majority. Another node, elected by the rest, writes
/// an entry of its own at the same index and is cut off. A leader of the first two copies the old
/// entry to a third node: a majority now holds it, and must not be believed (Raft §5.4.2), for the
/// one that was cut off can still win, and replaces it.
package final class Figure8 {
    private let simulation: Simulation<Register>
    private var history = History()
    private let call: Int
    private var ticket: Ticket?

    /// Plays the schedule, and checks what the client saw.
    ///
    /// A client is told nothing wrong even where the old entry is believed, as a leader answers
    /// nothing before an entry of its own term is committed; it is the invariants that break.
    ///
    /// - Throws: ``Violation`` if the old entry was taken for committed; of the promise
    ///   `convergence` if the schedule could not be played.
    package static func play(seed: UInt64) throws(Violation) {
        try Figure8(seed).play()
    }

    private init(_ seed: UInt64) throws(Violation) {
        var configuration = SimulationConfiguration(seed: seed)
        configuration.nodes = 5
        configuration.faults.slowSyncs = 0
        configuration.adjust = { node in
            // One entry in an append: the old one travels without those of the new term.
            node.consensus.maximumAppendEntries = 1
            node.requestTimeout = .seconds(60)
        }
        simulation = try Simulation<Register>(configuration)
        call = history.begin(.append("old", place: nil), at: simulation.now)
        simulation.onReply = { [unowned self] ticket, reply in
            guard ticket == self.ticket, case .output(_, let output, _, _) = reply else { return }
            history.end(call, .append("old", place: place(in: output)), at: simulation.now)
        }
    }

    private func place(in output: [UInt8]) -> UInt64? {
        do throws(LineError) { return try UInt64(lineBytes: output) } catch { return nil }
    }

    private func play() throws(Violation) {
        try reach("a leader") { $0.leader != nil && $0.isConverged }
        let first = simulation.leader ?? 0
        let others = (0..<5).filter { $0 != first }
        let (second, rest) = (others[0], Array(others[1...]))
        let shared = simulation.last(of: first).index

        // (a) The first leader's entry reaches the second node alone.
        connect([[first, second], rest])
        ticket = try simulation.request(
            Register.Append(value: "old").lineBytes,
            key: "old",
            at: first
        )
        try reach("the old entry on two nodes") {
            $0.durable(of: first) > shared && $0.durable(of: second) > shared
        }

        // (b) One of the rest is elected, and cut off with its first entry.
        try reach("a rival") { simulation in rest.contains { simulation.role(of: $0) == .leader } }
        let rival = rest.first { simulation.role(of: $0) == .leader } ?? rest[0]
        let (third, fourth) = (rest.filter { $0 != rival }[0], rest.filter { $0 != rival }[1])
        connect([[first, second], [third], [fourth], [rival]])
        try reach("the rival's entry on its disk") { $0.durable(of: rival) > shared }

        // (c) The old entry comes to a third node, and nothing of the new term with it.
        connect([[first, second, third], [fourth], [rival]])
        try reach("the old entry on three nodes") { simulation in
            [first, second].contains {
                simulation.matched(by: $0, of: third) == shared.next
            }
        }
        connect([[first, second], [third], [fourth], [rival]])
        try simulation.run(for: .milliseconds(20))

        // (d) The rival wins, and replaces it.
        connect([[first, second], [third, fourth, rival]])
        try reach("the rival's entry applied") { $0.applied(of: rival) > shared.next }
        try check(against: rival)
        try simulation.heal()
        try reach("an answer") { [self] in history.answered == 1 && $0.isConverged }
        try check(against: rival)
    }

    private func check(against host: Int) throws(Violation) {
        try history.check(
            against: simulation.machine(of: host)?.values ?? [],
            seed: simulation.configuration.seed
        )
    }

    private func connect(_ groups: [[Int]]) {
        simulation.partition((0..<5).map { host in groups.firstIndex { $0.contains(host) } ?? -1 })
    }

    private func reach(
        _ place: String,
        _ isThere: (Simulation<Register>) -> Bool
    ) throws(Violation) {
        guard try simulation.run(for: .seconds(20), until: { isThere(simulation) }) else {
            throw Violation(
                promise: .convergence,
                detail: "the schedule does not come to \(place)",
                seed: simulation.configuration.seed
            )
        }
    }
}
