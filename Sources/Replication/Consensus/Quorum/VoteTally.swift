package import Storage

/// The answers to one node's request for votes; each voter's first answer counts.
package struct VoteTally: Hashable, Sendable {
    private var answers: [NodeIdentity: Bool] = [:]

    /// Creates a tally without answers.
    package init() {}

    /// Takes in an answer.
    package mutating func record(_ isGranted: Bool, from voter: NodeIdentity) {
        if answers[voter] == nil { answers[voter] = isGranted }
    }

    /// A voter's answer, if it came.
    package func answer(of voter: NodeIdentity) -> Bool? { answers[voter] }

    /// What the answers amount to; those of others than `quorum`'s voters do not count.
    package func result(in quorum: Quorum) -> VoteResult { quorum.result { answers[$0] } }
}
