import Replication
import Storage
import TestSupport
import Testing

/// How much the state remembers: said once, in the first entry, and the same on every node.
@Suite struct StateLimitsTests {
    private static let limits = StateLimits(keyCount: 3, age: .seconds(60), events: 2)

    private static func first(_ limits: StateLimits?) -> LogEntry {
        var entry = LogEntry(
            position: LogPosition(index: LogIndex(1), term: Term(1)),
            time: Timestamp(milliseconds: 5),
            payload: .members(Membership(), cluster: "c1")
        )
        entry.limits = limits
        return entry
    }

    @Test(arguments: [limits, nil]) @Aside func `the first entry says them`(
        limits: StateLimits?
    ) throws {
        let entry = Self.first(limits)
        let line = entry.line
        #expect(try LogEntry(line: line) == entry)
        let text = String(decoding: line, as: UTF8.self)
        #expect(
            text.contains(#""limits":{"keys":3,"age":60000,"events":2}"#) == (limits != nil),
            "\(text)"
        )
        var state = ReplicatedState<Register>()
        _ = try state.apply(entry)
        #expect(state.limits == limits ?? .standard)
    }

    @Test @Aside func `a snapshot carries them, and one that names none has the standard ones`()
        throws
    {
        let copies = try SnapshotCopy()
        for limits in [Self.limits, nil] {
            var state = ReplicatedState<Register>()
            _ = try state.apply(Self.first(limits))
            let restored = try copies.copy(of: state)
            #expect(restored == state && restored.limits == limits ?? .standard)
            let lines = try copies.lines(SnapshotCopy.head(1)) { (writer) throws(SnapshotError) in
                try state.write(to: &writer)
            }
            #expect(lines[0].contains("limits") == (limits != nil))
        }
    }

    @Test @Aside func `nodes that are configured otherwise take those of the creator`() throws {
        // Only the lowest address creates; the others would keep the events of 50 entries.
        let cluster = try ScriptedCluster { node in
            let isCreator = node.plan.addresses.first == node.peerAddress
            node.limits = isCreator ? Self.limits : StateLimits(keyCount: 90, events: 50)
        }
        for value in ["a", "b", "c", "d", "e", "f"] {
            _ = try cluster.appended(value, at: cluster.leader)
        }
        try cluster.reach("one state") { $0.isConverged }
        for host in 0..<3 { #expect(cluster.simulation.limits(of: host) == Self.limits) }
    }
}
