import Storage

/// An election policy that wants to harm: it holds back votes and candidacies for as long as it
/// can, and wants the lead to go round, or to whoever is not there.
struct SimulatedPolicy: ElectionPolicy {
    /// Decides what it is bad at.
    let mood: UInt64

    func campaignDelay(_ view: ElectionView) -> Duration {
        switch mood % 4 {
        case 0: .zero
        case 1: .seconds(-1)
        case 2: view.electionTimeout
        default: .seconds(1 << 40)
        }
    }

    func voteDelay(for candidate: NodeIdentity, _ view: ElectionView) -> Duration {
        switch (mood >> 2) % 3 {
        case 0: .zero
        case 1: candidate.id < view.own.id ? .zero : .seconds(1 << 40)
        default: .seconds(1 << 40)
        }
    }

    func preferredLeader(_ view: ElectionView) -> NodeIdentity? {
        switch (mood >> 4) % 4 {
        case 0: nil
        case 1: NodeIdentity(id: "nobody", incarnation: "0123456789abcdef")
        case 2: view.voters.first { !view.live.contains($0) } ?? view.voters.last
        // Whoever comes after the one that leads.
        default: view.voters.first { $0 > view.own } ?? view.voters.first
        }
    }
}

extension Simulation {
    /// Whom a host wants to lead: as the design has it, or anything else.
    func drawPolicy() -> any ElectionPolicy {
        switch draw(5) {
        case 0: RandomizedElection()
        case 1: LowestIDElection()
        case 2: PriorityElection(order: hosts.map(\.name).shuffled(using: &generator))
        case 3: ManualElection()
        default: SimulatedPolicy(mood: generator.next())
        }
    }
}
