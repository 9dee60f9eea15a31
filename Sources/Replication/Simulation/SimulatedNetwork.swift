import Storage

/// How a network is cut.
public enum NetworkShape: String, Hashable, Sendable, CaseIterable {
    /// Random groups, two or more: none reaches another.
    case groups
    /// Two random groups: one still reaches the other, which cannot answer.
    case oneWay
    /// A third of all links, each in one direction.
    case links
    /// Each host reaches its two neighbours in a random order of all.
    case ring
    /// Two halves that are joined by one host.
    case bridge
}

/// Who reaches whom, and how slowly.
struct SimulatedNetwork {
    /// By sender, then by receiver.
    private var isCut: [[Bool]]
    /// Hosts that neither send nor receive.
    private(set) var clogged: Set<Int> = []
    /// What a link takes longer, by sender and receiver.
    private var extra: [[Duration]]

    init(hosts: Int) {
        isCut = Array(repeating: Array(repeating: false, count: hosts), count: hosts)
        extra = Array(repeating: Array(repeating: .zero, count: hosts), count: hosts)
    }

    private var hosts: Range<Int> { isCut.indices }

    func canReach(_ from: Int, _ to: Int) -> Bool {
        !isCut[from][to] && !clogged.contains(from) && !clogged.contains(to)
    }

    func delay(_ from: Int, _ to: Int) -> Duration { extra[from][to] }

    mutating func addHost() {
        for host in hosts {
            isCut[host].append(false)
            extra[host].append(.zero)
        }
        isCut.append(Array(repeating: false, count: isCut.count + 1))
        extra.append(Array(repeating: .zero, count: extra.count + 1))
    }

    /// Cuts what this says, and nothing else.
    mutating func cut(_ isCut: (_ from: Int, _ to: Int) -> Bool) {
        for from in hosts {
            for to in hosts { self.isCut[from][to] = from != to && isCut(from, to) }
        }
    }

    mutating func endCuts() { cut { _, _ in false } }
    mutating func clog(_ host: Int) { clogged.insert(host) }
    mutating func unclog(_ host: Int) { clogged.remove(host) }

    /// Makes this link slower by so much.
    mutating func slow(_ from: Int, _ to: Int, by delay: Duration) { extra[from][to] = delay }

    mutating func endDelays() {
        for from in hosts { extra[from] = Array(repeating: .zero, count: hosts.count) }
    }

    mutating func cut(_ shape: NetworkShape, using generator: inout SeededGenerator) {
        let order = hosts.shuffled(using: &generator)
        var place = Array(repeating: 0, count: order.count)
        for (index, host) in order.enumerated() { place[host] = index }
        let count = order.count
        switch shape {
        case .groups:
            let number = Int.random(in: 2...max(2, count / 2), using: &generator)
            let groups = hosts.map { _ in Int.random(in: 0..<number, using: &generator) }
            cut { groups[$0] != groups[$1] }
        case .oneWay:
            let groups = hosts.map { _ in Bool.random(using: &generator) }
            cut { groups[$0] && !groups[$1] }
        case .links:
            let links = hosts.map { _ in
                hosts.map { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            }
            cut { links[$0][$1] }
        case .ring:
            cut { from, to in
                let distance = abs(place[from] - place[to])
                return distance != 1 && distance != count - 1
            }
        case .bridge:
            // The host in the middle belongs to both.
            let middle = count / 2
            cut { from, to in
                (place[from] - middle) * (place[to] - middle) < 0
            }
        }
    }
}
