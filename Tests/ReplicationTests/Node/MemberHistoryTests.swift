import Replication
import Storage
import TestSupport
import Testing

/// Who was a member before, as the log tells it, and in snapshots.
@Suite struct MemberHistoryTests {
    private static func members(_ names: String...) -> Membership {
        Membership(incoming: names.map { member($0) })
    }

    /// `n2b` is the second incarnation of n2.
    private static func identity(_ name: String) -> NodeIdentity {
        let id = String(name.prefix(2))
        return NodeIdentity(id: id, incarnation: "000000000000000\(name.dropFirst(2))")
    }

    private static func member(_ name: String) -> Member {
        Member(
            identity: identity(name),
            peerAddress: "\(name.prefix(2)):1",
            clientAddress: "\(name.prefix(2)):2"
        )
    }

    /// Applies memberships, a minute apart.
    private func apply(_ memberships: [Membership]) throws -> ReplicatedState<Register> {
        var state = ReplicatedState<Register>(limits: StateLimits(events: 9))
        for (number, membership) in memberships.enumerated() {
            let entry = LogEntry(
                position: LogPosition(index: LogIndex(UInt64(number) + 1), term: Term(1)),
                time: time(number),
                payload: .members(membership, cluster: nil)
            )
            _ = try state.apply(entry)
        }
        return state
    }

    private func time(_ minutes: Int) -> Timestamp {
        Timestamp(milliseconds: 1_000 + Int64(minutes) * 60_000)
    }

    /// A lost disk replaced: the new one beside the old one, then in its place, each by way of a
    /// joint membership.
    private static let replacement = [
        members("n1a", "n2a", "n3a"),
        Membership(
            incoming: ["n1a", "n2a", "n2b", "n3a"].map(member),
            outgoing: ["n1a", "n2a", "n3a"].map(member)
        ),
        members("n1a", "n2a", "n2b", "n3a"),
        Membership(
            incoming: ["n1a", "n2b", "n3a"].map(member),
            outgoing: ["n1a", "n2a", "n2b", "n3a"].map(member)
        ),
        members("n1a", "n2b", "n3a"),
    ]

    @Test @Aside func `a replaced incarnation retires with the entry that ends the change`() throws
    {
        let history = try apply(Self.replacement).formerMembers
        #expect(history.retired.map(\.identity) == [Self.identity("n2a")])
        #expect(history.retirement(of: Self.identity("n2a"))?.index == LogIndex(5))
        #expect(history.replaced.map(\.id) == ["n2"])
        #expect(history.replaced.map(\.time) == [time(1)])
        #expect(history.wasReplacedLately("n2", at: time(60)))
        #expect(!history.wasReplacedLately("n2", at: time(61)))
        #expect(!history.wasReplacedLately("n1", at: time(1)))
    }

    @Test @Aside func `during a change nobody has left yet`() throws {
        let history = try apply(Array(Self.replacement.dropLast())).formerMembers
        #expect(history.retired.isEmpty)
    }

    @Test @Aside
    func `an id that comes back at once counts as replaced, one of a new name does not`()
        throws
    {
        let history = try apply([
            Self.members("n1a", "n2a"), Self.members("n1a"), Self.members("n1a", "n2b", "n3a"),
        ]).formerMembers
        #expect(history.replaced.map(\.id) == ["n2"])
    }

    @Test @Aside func `what is kept is bounded, and the newest stays`() throws {
        var memberships: [Membership] = []
        for number in 0..<600 {
            let incarnation = NodeIdentity.incarnation(UInt64(number))
            var membership = Self.members("n1a")
            membership.incoming.append(Self.member("n2a"))
            membership.incoming[1].identity = NodeIdentity(
                id: "n\(number)",
                incarnation: incarnation
            )
            memberships.append(membership)
        }
        let history = try apply(memberships).formerMembers
        #expect(history.retired.count == MemberHistory.limit)
        #expect(history.retired.last?.identity.id == "n598")
    }

    @Test @Aside func `a snapshot keeps who was replaced and who left`() throws {
        let state = try apply(Self.replacement)
        #expect(!state.formerMembers.retired.isEmpty && !state.formerMembers.replaced.isEmpty)
        let copies = try SnapshotCopy()
        let restored = try copies.copy(
            of: state
        )
        #expect(restored.formerMembers == state.formerMembers)
        #expect(restored == state)
    }

    @Test(arguments: [
        #"{"retired":[{"node":"n2","index":4,"time":5}]}"#,
        #"{"retired":[{"node":"n2/0a","time":5}]}"#,
        #"{"replaced":[{"id":"n2"}]}"#, #"{"replaced":{}}"#, #"{"left":[]}"#,
        #"{"retired":[\#([String](repeating: one, count: 257).joined(separator: ","))]}"#,
    ])
    @Aside func `what no state wrote is refused`(text: String) {
        #expect(throws: LineError.self) { try MemberHistory(lineBytes: Array(text.utf8)) }
    }

    private static let one = #"{"node":"n2/0a","index":4,"time":5}"#

    @Test @Aside func `the line is the one that the documents show`() throws {
        let line =
            #"{"retired":[{"node":"n2/0a","index":4,"time":5}],"replaced":[{"id":"n2","time":3}]}"#
        let history = try MemberHistory(lineBytes: Array(line.utf8))
        #expect(String(decoding: history.lineBytes, as: UTF8.self) == line)
        #expect(try MemberHistory(lineBytes: Array("{}".utf8)) == MemberHistory())
    }
}
