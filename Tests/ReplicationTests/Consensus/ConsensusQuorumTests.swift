import Replication
import Storage
import TestSupport
import Testing

@Suite struct ConsensusQuorumTests {
    private static let nodes = (1...5).map { NodeIdentity(id: "n\($0)", incarnation: "0") }

    private func voters(_ mask: Int) -> [NodeIdentity] {
        Self.nodes.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element)
    }

    /// The model: by sets of bits, straight from the definition.
    private func decides(_ yes: Int, _ incoming: Int, _ outgoing: Int) -> Bool {
        func isMajority(_ set: Int) -> Bool {
            2 * (yes & set).nonzeroBitCount > set.nonzeroBitCount
        }
        return isMajority(incoming) && (outgoing == 0 || isMajority(outgoing))
    }

    @Test(arguments: 0..<16)
    @Aside func `pitfall 17: votes are won and lost as in the model`(incoming: Int) {
        for outgoing in 0..<16 {
            let quorum = Quorum(incoming: voters(incoming), outgoing: voters(outgoing))
            for yes in 0..<16 {
                for no in 0..<16 where yes & no == 0 {
                    let result = quorum.result { voter in
                        let bit = Self.nodes.firstIndex(of: voter).map { 1 << $0 } ?? 0
                        return yes & bit != 0 ? true : no & bit != 0 ? false : nil
                    }
                    let model: VoteResult =
                        decides(yes, incoming, outgoing)
                        ? .won : decides(15 & ~no, incoming, outgoing) ? .pending : .lost
                    #expect(result == model, "\(incoming) \(outgoing) \(yes) \(no)")
                }
            }
        }
    }

    @Test(arguments: 0..<16)
    @Aside func `pitfall 17: values are agreed as in the model`(incoming: Int) {
        for outgoing in 0..<16 {
            let quorum = Quorum(incoming: voters(incoming), outgoing: voters(outgoing))
            for code in 0..<81 {
                let values = [code % 3, code / 3 % 3, code / 9 % 3, code / 27]
                let agreed = quorum.agreed { voter in
                    Self.nodes.firstIndex(of: voter).map { values[$0] } ?? 0
                }
                let model = (0..<3).last { bound in
                    let yes = (0..<4).reduce(0) { $0 | (values[$1] >= bound ? 1 << $1 : 0) }
                    return decides(yes, incoming, outgoing)
                }
                #expect(agreed == model, "\(incoming) \(outgoing) \(values)")
            }
        }
    }

    @Test @Aside func `pitfall 17: any two quorums share a voter`() {
        for incoming in 1..<32 {
            let quorum = Quorum(incoming: voters(incoming))
            let winning = (0..<32).filter { yes in
                quorum.result { voters(yes).contains($0) } == .won
            }
            for one in winning {
                #expect(winning.allSatisfy { one & $0 & incoming != 0 })
            }
        }
    }

    @Test @Aside func `learners are in no quorum`() {
        let quorum = Quorum(
            ConsensusBench.members(voters: [ConsensusBench.a], learners: [ConsensusBench.b])
        )
        #expect(quorum.voters == [ConsensusBench.a])
    }

    @Test @Aside func `a voter's first answer counts`() {
        let quorum = Quorum(incoming: Array(Self.nodes.prefix(3)))
        var tally = VoteTally()
        for _ in 0..<3 { tally.record(true, from: Self.nodes[0]) }
        #expect(tally.result(in: quorum) == .pending)
        tally.record(false, from: Self.nodes[0])
        tally.record(true, from: Self.nodes[4])
        #expect(tally.result(in: quorum) == .pending)
        tally.record(true, from: Self.nodes[1])
        #expect(tally.result(in: quorum) == .won)
    }
}
