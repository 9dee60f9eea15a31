import Storage

/// What stands in the way of a new cluster, and does not go away by waiting.
extension Formation {
    /// Each in one sentence, in the order of the nodes' places; empty if nothing but time is needed.
    ///
    /// - Parameter own: What this node says of itself.
    /// - Returns: The sentences, without full stops.
    func conflicts(own: Hello) -> [String] {
        guard isAsking else { return [] }
        let recent = heard.sorted { $0.key < $1.key }.map(\.value)
            .filter { $0.round + 1 >= round && $0.hello.from != own.from }
        return recent.compactMap { conflict(of: $0) } + namesakes(recent.map(\.hello), own)
    }

    private func conflict(of heard: Heard) -> String? {
        let node = "\(heard.hello.from.id) at \(heard.hello.peerAddress)"
        guard let expect = heard.plan.expect else {
            return "\(node) was started without --bootstrap-expect, and forms no cluster"
        }
        guard heard.plan.places == plan.places else {
            return
                "\(node) has another --join list: \(heard.plan.addresses.joined(separator: ","));"
                + " here it is \(plan.addresses.joined(separator: ","))"
        }
        guard expect == plan.expect else {
            return
                "\(node) has --bootstrap-expect \(expect), here it is \(plan.expect ?? expect)"
        }
        guard plan.places.contains(Address.normal(heard.hello.peerAddress)) else {
            return "\(node) is not in the --join list \(plan.addresses.joined(separator: ","))"
        }
        return nil
    }

    private func namesakes(_ others: [Hello], _ own: Hello) -> [String] {
        var found: [String] = []
        var first: [String: Hello] = [own.from.id: own]
        for hello in others {
            guard let other = first[hello.from.id] else {
                first[hello.from.id] = hello
                continue
            }
            found.append(
                "the nodes at \(other.peerAddress) and \(hello.peerAddress) have the same id,"
                    + " \(hello.from.id): give one of them another"
            )
        }
        return found
    }
}

/// What was said in the log of a cluster that is not formed yet, so that nothing is said twice.
struct FormationNotes: Hashable, Sendable {
    /// How long a node waits before it says for what: the others are started one after the other.
    private static let patience = Duration.seconds(5)
    /// So many conflicts are told; who makes new ones without an end is not heard.
    private static let maximumCount = 32

    private var conflicts: Set<String> = []
    private var reason: String?
    private var next: Instant?

    /// Those that were not told yet.
    mutating func untold(_ found: [String]) -> [String] {
        found.filter { conflicts.count < Self.maximumCount && conflicts.insert($0).inserted }
    }

    /// Whether it is time to say for what a node waits, and it is news.
    mutating func mayTell(_ text: String, at now: Instant) -> Bool {
        let due = next ?? now + Self.patience
        next = due
        guard now >= due else { return false }
        next = now + Self.patience
        defer { reason = text }
        return reason != text
    }
}
