import Storage

/// How blank nodes become a cluster, once.
///
/// Only the lowest address of the list may create, and only when all nodes of the list have said
/// in one round that they are blank and have the same list. Anything else waits.
///
/// A node alone has nobody to ask whether it is blank because it is new or because its disk was lost.
/// The members of a cluster that it was in call its address again and again, so it waits for longer
/// than they pause between two calls before it creates anything (pitfall 55).
package struct Formation: Hashable, Sendable {
    /// What this node's command line says.
    let plan: FormationPlan
    /// Whether this node may create: its address is the lowest of a whole list.
    let isCreator: Bool
    /// When it may create at the earliest.
    private let earliest: Instant
    private(set) var round: UInt64 = 0
    /// What nodes have said last, by their places.
    private(set) var heard: [String: Heard] = [:]
    /// What was said in the log of what stands in the way.
    var told = FormationNotes()

    /// What a blank node said of itself.
    struct Heard: Hashable, Sendable {
        var hello: Hello
        var plan: FormationPlan
        /// In which round.
        var round: UInt64
    }

    /// Creates what a blank node starts with.
    ///
    /// - Parameters:
    ///   - plan: Its command line.
    ///   - ownAddress: Its peer address.
    ///   - start: When it starts.
    ///   - patience: For how long a node alone waits for a call.
    init(plan: FormationPlan, ownAddress: String, at start: Instant, patience: Duration) {
        self.plan = plan
        isCreator =
            plan.expect == plan.addresses.count
            && plan.addresses.first.map { Address.isSame($0, ownAddress) } ?? false
        earliest = plan.expect == 1 ? start + patience : start
    }

    /// Whether it is one node that forms a cluster of itself.
    var isAlone: Bool { isCreator && plan.expect == 1 }

    /// Whether this node asks the others: only the lowest may create, but each says why it waits.
    var isAsking: Bool { plan.expect != nil }

    /// Whether this node may create, as far as time goes.
    func mayCreate(at now: Instant) -> Bool { now >= earliest }

    /// Starts a new round, in which earlier answers do not count.
    mutating func beginRound() { round += 1 }

    /// Notes that a blank node answered in this round with its own plan.
    mutating func note(_ plan: FormationPlan, round: UInt64, from hello: Hello) {
        let place = Address.normal(hello.peerAddress)
        guard round == self.round, heard[place] != nil || heard.count < Self.maximumHeard else {
            return
        }
        heard[place] = Heard(hello: hello, plan: plan, round: round)
    }

    /// More than a list has, so that strangers cost no memory.
    private static let maximumHeard = 128

    /// The members of the new cluster once all have answered in this round, else nil.
    func members(own: Hello) -> Membership? {
        var all: [String: Hello] = [:]
        let places = plan.places
        for (place, heard) in heard
        where heard.round == round && heard.plan.agrees(with: plan) && places.contains(place) {
            all[place] = heard.hello
        }
        all[Address.normal(own.peerAddress)] = own
        guard isCreator, all.keys.sorted() == places,
            Set(all.values.map(\.from.id)).count == all.count
        else { return nil }
        return Membership(
            incoming: all.values.map {
                Member(
                    identity: $0.from,
                    peerAddress: $0.peerAddress,
                    clientAddress: $0.clientAddress
                )
            }
        )
    }
}
