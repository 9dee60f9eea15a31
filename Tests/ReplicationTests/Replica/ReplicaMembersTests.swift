import Replication
import Storage
import TestSupport
import Testing

/// Changes of members, as a program that embeds a replica orders them.
@Suite(.timeLimit(.minutes(20))) struct ReplicaMembersTests {
    @Test func `a change is planned, carried out, and refused to whom it does not fit`()
        async throws
    {
        let cluster = try ReplicaCluster { $0.electionTimeout = .seconds(3) }
        try cluster.startAll()
        let place = try await cluster.leader()
        let leader = try #require(cluster.runs[place]).replica
        let other = try #require(cluster.runs[(place + 1) % 3]).replica
        let change = MembershipChange.demote(other.identity)
        await #expect(throws: ReplicationError.change(.notLeader(leader.identity))) {
            try await other.plan(change)
        }
        let plan = try await eventually("a plan") {
            do throws(ReplicationError) { return try await leader.plan(change) } catch {
                guard case .change = error else { throw error }
                return nil
            }
        }
        #expect(plan.quorum == 2 && plan.membership.incoming.count == 3)
        await #expect(throws: ReplicationError.change(.changed(plan.expecting))) {
            try await leader.change(change, expecting: plan.expecting.previous)
        }
        let (index, membership) = try await leader.change(change, expecting: plan.expecting)
        #expect(membership == plan.membership)
        let status = await leader.status
        #expect(status.membershipIndex == index && !status.isChanging)
        #expect(
            status.nodes.map(\.member).filter { $0.role == .learner }.map(\.identity) == [
                other.identity
            ]
        )
        try await cluster.running[0].append("after")
        try await cluster.stopAll()
        await #expect(throws: ReplicationError.stopped) { try await leader.plan(change) }
    }

    @Test(
        arguments: [
            ([], nil, false, "a new node needs a join list"),
            (["a:1"], nil, false, "a new node needs a join list"),
            (["a:1", "b:1"], 2, true, "a learner joins a cluster that runs"),
            (["b:1"], nil, true, nil), (["b:1", "a:1"], nil, false, nil),
        ] as [([String], Int?, Bool, String?)]
    )
    @Aside func `how a new node comes into its cluster is checked`(
        join: [String],
        expect: Int?,
        isLearner: Bool,
        complaint: String?
    ) throws {
        let directory = try ReplicaDirectory()
        var configuration = ReplicaConfiguration(
            id: "n1",
            dataDirectory: directory.path,
            clientAddress: "127.0.0.1:0",
            peerAddress: "a:1"
        )
        configuration.join = join
        configuration.bootstrapExpect = expect
        configuration.joinsAsLearner = isLearner
        let node = RestoredNode(
            identity: NodeIdentity(id: "n1", incarnation: "00000000000000aa"),
            cluster: nil,
            vote: .none,
            log: LogTerms(),
            memberships: [],
            lastTime: Timestamp(milliseconds: 0)
        )
        do throws(ReplicationError) {
            try configuration.validate(with: node)
            #expect(complaint == nil)
        } catch {
            #expect("\(error)".contains(try #require(complaint)))
        }
    }
}
