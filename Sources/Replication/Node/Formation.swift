package import Storage

/// How blank nodes become a cluster, once.
///
/// Only the lowest address of the list may create, and only when all nodes of the list have said
/// in one round that they are blank and have the same list. Anything else waits.
///
/// A node alone has nobody to ask whether it is blank because it is new or because its disk was lost.
/// The members of a cluster that it was in call its address again and again, so it waits for longer
/// than they pause between two calls before it creates anything (pitfall 55).
package struct Formation: Hashable, Sendable {
    /// What the command line says, the same on every node.
    package struct Plan: Hashable, Sendable {
        /// The peer addresses of all nodes, sorted.
        package var addresses: [String]
        /// `--bootstrap-expect`, or nil for a node that has data and forms nothing.
        package var expect: Int?

        /// Creates a plan.
        package init(addresses: [String], expect: Int?) {
            self.addresses = addresses.sorted()
            self.expect = expect
        }
    }

    /// What this node's command line says.
    let plan: Plan
    /// Whether this node may create: its address is the lowest of a whole list.
    let isCreator: Bool
    /// When it may create at the earliest.
    private let earliest: Instant
    private(set) var round: UInt64 = 0
    private var answers: [String: Hello] = [:]

    /// Creates what a blank node starts with.
    ///
    /// - Parameters:
    ///   - plan: Its command line.
    ///   - ownAddress: Its peer address.
    ///   - start: When it starts.
    ///   - patience: For how long a node alone waits for a call.
    init(plan: Plan, ownAddress: String, at start: Instant, patience: Duration) {
        self.plan = plan
        isCreator =
            plan.expect == plan.addresses.count && plan.addresses.first == ownAddress
        earliest = plan.expect == 1 ? start + patience : start
    }

    /// Whether it is one node that forms a cluster of itself.
    var isAlone: Bool { isCreator && plan.expect == 1 }

    /// Whether this node may create, as far as time goes.
    func mayCreate(at now: Instant) -> Bool { now >= earliest }

    /// Starts a new round, in which earlier answers do not count.
    mutating func beginRound() {
        round += 1
        answers.removeAll()
    }

    /// Notes that a blank node answered in this round with its own plan.
    mutating func note(_ plan: Plan, round: UInt64, from hello: Hello) {
        guard round == self.round, plan == self.plan else { return }
        answers[hello.peerAddress] = hello
    }

    /// The members of the new cluster once all have answered in this round, else nil.
    func members(own: Hello) -> Membership? {
        var all = answers
        all[own.peerAddress] = own
        guard isCreator, all.keys.sorted() == plan.addresses,
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

extension Formation.Plan: LineCodable {
    /// Reads `{"addresses":["a:7401","b:7401"],"expect":2}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var addresses: [String]?
        var expect: Int?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "addresses": addresses = try [String](from: &reader)
            case "expect": expect = try reader.count()
            default: throw reader.unknown(name)
            }
        }
        self.init(addresses: try reader.require(addresses, "addresses"), expect: expect)
    }

    /// Writes the plan.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("addresses", addresses)
        if let expect { writer.member("expect", expect) }
        writer.endObject()
    }
}
