import Replication
import Storage
import TestSupport
import Testing

/// Who is taken in by asking, as a table: the leader's knowledge in, its decision out.
@Suite struct JoinRulesTests {
    private static func node(_ id: String, _ incarnation: Character = "a") -> NodeIdentity {
        NodeIdentity(id: id, incarnation: String(repeating: incarnation, count: 16))
    }

    private static func member(
        _ id: String,
        _ incarnation: Character = "a",
        at address: String? = nil,
        _ role: Member.Role = .voter
    ) -> Member {
        Member(
            identity: node(id, incarnation),
            peerAddress: address ?? "\(id):1",
            clientAddress: "\(id):2",
            role: role
        )
    }

    private var rules = JoinRules(
        membership: Membership(incoming: [member("n1"), member("n2"), member("n3")]),
        formerMembers: MemberHistory(),
        time: Timestamp(milliseconds: 5_000_000),
        patience: .seconds(10)
    )

    /// Decides with these members silent, by id.
    private func decide(
        _ wish: Member,
        silent: Set<String> = ["n1", "n2", "n3", "n4"]
    ) -> JoinRules.Decision {
        rules.decide(wish) { silent.contains($0.id) }
    }

    private func code(_ decision: JoinRules.Decision) -> String? {
        if case .refused(let refusal) = decision { refusal.code } else { nil }
    }

    @Test @Aside func `a new id is added as what it wants to be`() {
        for role in [Member.Role.joining, .learner] {
            let wish = Self.member("n4", role)
            #expect(decide(wish, silent: []) == .change(.add(wish)))
        }
    }

    /// Each under an id of its own, as containers come and go.
    @Test @Aside
    mutating
        func `pitfall 59: newcomers that go again leave a majority to those that stay`()
    {
        let staying: Set = ["n1", "n2", "n3"]
        var refusals = 0
        for number in 4...20 {
            let wish = Self.member("n\(number)", .joining)
            let gone = Set(rules.membership.all.map(\.identity.id)).subtracting(staying)
            switch decide(wish, silent: gone) {
            case .change(.add(let member)):
                var voter = member
                voter.role = .voter
                rules.membership.incoming.append(voter)
            case let decision:
                #expect(code(decision) == "voters_silent")
                refusals += 1
            }
            #expect(staying.count > rules.membership.incoming.count / 2)
        }
        #expect(refusals > 10 && rules.membership.incoming.count == 5)
        // Who cannot be counted on for a majority is taken in still.
        let learner = Self.member("n30", .learner)
        #expect(decide(learner, silent: ["n4", "n5"]) == .change(.add(learner)))
        // With those heard again, so is a voter.
        let wish = Self.member("n31", .joining)
        #expect(decide(wish, silent: []) == .change(.add(wish)))
    }

    @Test @Aside
    mutating
        func `pitfall 59: one that went before it had caught up makes room`()
    {
        for number in 4...Membership.maximumCount {
            rules.membership.incoming.append(Self.member("n\(number)", .joining))
        }
        let wish = Self.member("n40", .learner)
        #expect(code(decide(wish, silent: [])) == "too_many_members")
        #expect(decide(wish, silent: ["n3", "n9"]) == .change(.remove(Self.node("n9"))))
    }

    @Test @Aside func `a member is one already, wherever it says that it is`() {
        #expect(decide(Self.member("n2", at: "elsewhere:1", .joining)) == .isMember)
    }

    @Test @Aside func `a lost disk is replaced beside the old one`() {
        let wish = Self.member("n2", "b", .joining)
        #expect(decide(wish) == .change(.add(wish)))
    }

    @Test @Aside
    func `an id in use is refused while its member is heard, and both addresses are named`() {
        let decision = decide(Self.member("n2", "b", .joining), silent: ["n3"])
        #expect(code(decision) == "id_in_use")
        guard case .refused(let refusal) = decision else { return }
        #expect(refusal.message.contains("n2/bbbbbbbbbbbbbbbb at n2:1"))
        #expect(refusal.message.contains("n2/aaaaaaaaaaaaaaaa at n2:1"))
    }

    @Test @Aside func `an id in use is refused from another address, however silent its member is`()
    {
        let decision = decide(Self.member("n2", "b", at: "n9:1", .joining))
        #expect(code(decision) == "id_in_use")
        guard case .refused(let refusal) = decision else { return }
        #expect(refusal.message.contains("at n9:1") && refusal.message.contains("at n2:1"))
    }

    @Test @Aside mutating func `one replacement is under way in the cluster`() {
        rules.membership.incoming.append(Self.member("n3", "b", .joining))
        #expect(code(decide(Self.member("n2", "b", .joining))) == "replacement_in_progress")
        let third = Self.member("n3", "c", .joining)
        #expect(code(decide(third, silent: ["n2"])) == "replacement_in_progress")
    }

    @Test @Aside mutating func `one that loses its disk while it joins makes room for the next`() {
        let before = rules.membership
        rules.membership.incoming.append(Self.member("n3", "b", .joining))
        rules.formerMembers.note(from: before, to: rules.membership, at: LogIndex(7), rules.time)
        let wish = Self.member("n3", "c", .joining)
        // Not more often than a disk may be lost.
        #expect(code(decide(wish)) == "replaced_lately")
        rules.time = rules.time + .seconds(3_600)
        #expect(code(decide(wish, silent: [])) == "replacement_in_progress")
        let elsewhere = Self.member("n3", "c", at: "n9:1", .joining)
        #expect(code(decide(elsewhere)) == "replacement_in_progress")
        #expect(decide(wish) == .change(.remove(Self.node("n3", "b"))))
        #expect(code(decide(Self.member("n2", "b", .joining))) == "replacement_in_progress")
        let both = rules.membership
        rules.membership.incoming.removeLast()
        rules.formerMembers.note(from: both, to: rules.membership, at: LogIndex(9), rules.time)
        #expect(decide(wish) == .change(.add(wish)))
    }

    @Test @Aside mutating func `an id is replaced once an hour, and then by order alone`() {
        let before = rules.membership
        var after = before
        after.incoming.append(Self.member("n2", "b", .joining))
        rules.formerMembers.note(from: before, to: after, at: LogIndex(7), rules.time)
        let wish = Self.member("n2", "c", .joining)
        for (seconds, isRefused) in [(0, true), (3_599, true), (3_600, false)] as [(Int64, Bool)] {
            var later = rules
            later.time = later.time + .seconds(seconds)
            let decision = later.decide(wish) { _ in true }
            #expect(code(decision) == (isRefused ? "replaced_lately" : nil), "\(seconds)")
            #expect(code(later.decide(Self.member("n3", "b", .joining)) { _ in true }) == nil)
        }
    }

    @Test @Aside mutating func `pitfall 25: who was removed never returns`() {
        let before = rules.membership
        rules.membership.incoming.removeAll { $0.identity.id == "n3" }
        rules.formerMembers.note(from: before, to: rules.membership, at: LogIndex(7), rules.time)
        let decision = decide(Self.member("n3", .joining))
        #expect(code(decision) == "removed")
        guard case .refused(let refusal) = decision else { return }
        #expect(refusal.message.contains("by entry 7"))
        let other = Self.member("n3", "b", .joining)
        #expect(decide(other, silent: []) == .change(.add(other)))
    }

    @Test @Aside
    mutating func `one without a vote goes first, and its next incarnation comes then`() {
        rules.membership.incoming.append(Self.member("n4", .learner))
        let wish = Self.member("n4", "b", .learner)
        #expect(decide(wish) == .change(.remove(Self.node("n4"))))
        #expect(code(decide(wish, silent: [])) == "id_in_use")
    }

    /// It was promoted by an order, and has lost its disk since: its command line is a learner's still.
    @Test @Aside func `in a voter's place a node becomes a voter, whatever it asks to be`() {
        let wish = Self.member("n2", "b", .learner)
        #expect(decide(wish) == .change(.add(Self.member("n2", "b", .joining))))
    }

    @Test @Aside func `an address belongs to one id`() {
        #expect(code(decide(Self.member("n4", at: "n2:1", .joining))) == "address_in_use")
    }

    @Test(arguments: ["", "nowhere", String(repeating: "a", count: 300) + ":1"])
    @Aside func `an address that cannot be one is refused`(address: String) {
        #expect(code(decide(Self.member("n4", at: address, .joining))) == "address_invalid")
    }

    @Test @Aside mutating func `there is an end of members`() {
        rules.membership = Membership(
            incoming: (0..<Membership.maximumCount).map { Self.member("m\($0)") }
        )
        #expect(code(decide(Self.member("n4", .joining))) == "too_many_members")
    }
}

extension JoinRulesTests {
    private static func member(_ id: String, _ role: Member.Role) -> Member {
        member(id, "a", at: nil, role)
    }

    private static func member(
        _ id: String,
        _ incarnation: Character,
        _ role: Member.Role
    ) -> Member {
        member(id, incarnation, at: nil, role)
    }

    private static func member(_ id: String, at address: String, _ role: Member.Role) -> Member {
        member(id, "a", at: address, role)
    }
}
