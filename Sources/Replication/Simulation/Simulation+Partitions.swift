import Storage

/// Cuts, clogs and slow links.
extension Simulation {
    func partition() {
        // A ring or a bridge of three is no cut, or one of two groups.
        let shapes = faults.shapes.filter {
            hosts.count > 3 || $0 != .ring && $0 != .bridge
        }
        let shape = shapes.isEmpty ? .groups : shapes[draw(shapes.count)]
        switch shape {
        case .groups: counts[.groups] += 1
        case .oneWay: counts[.oneWay] += 1
        case .links: counts[.links] += 1
        case .ring: counts[.rings] += 1
        case .bridge: counts[.bridges] += 1
        }
        network.cut(shape, using: &generator)
        endCuts(after: draw(50_000_000...2_000_000_000))
    }

    private func endCuts(after duration: Duration) {
        partitionNumber += 1
        queue.plan(.endPartition(partitionNumber), at: now + duration)
    }

    /// Cuts the network into groups, until it is healed or cut again.
    ///
    /// - Parameter groups: The number of each host's group.
    public func partition(_ groups: [Int]) {
        precondition(groups.count == hosts.count, "\(groups.count) groups for \(hosts.count) hosts")
        partition { groups[$0] != groups[$1] }
    }

    /// Cuts the links of which this is true, until the network is healed or cut again.
    package func partition(_ isCut: (_ from: Int, _ to: Int) -> Bool) {
        partitionNumber += 1
        network.cut(isCut)
    }

    /// Cuts the network so, until it is healed or cut again.
    public func partition(_ shape: NetworkShape) {
        partitionNumber += 1
        network.cut(shape, using: &generator)
    }

    /// Whether packets of one host come to another now.
    package func canReach(_ from: Int, _ to: Int) -> Bool { network.canReach(from, to) }

    /// Makes all links slower by so much in each direction, until the network is healed.
    package func slowLinks(by delay: Duration) {
        for from in hosts.indices {
            for to in hosts.indices where to != from { network.slow(from, to, by: delay) }
        }
    }

    /// Clogs hosts one after the other, and lets them go in another order.
    func swizzle() {
        counts[.swizzles] += 1
        swizzleNumber += 1
        var at = now
        let clogged = hosts.indices.shuffled(using: &generator).prefix(1 + draw(hosts.count))
        for host in clogged {
            at = at + draw(5_000_000...200_000_000)
            queue.plan(.clog(host: host, true, swizzle: swizzleNumber), at: at)
        }
        for host in clogged.shuffled(using: &generator) {
            at = at + draw(5_000_000...300_000_000)
            queue.plan(.clog(host: host, false, swizzle: swizzleNumber), at: at)
        }
    }

    func slowSomeLinks() {
        counts[.slowLinks] += 1
        network.endDelays()
        for from in hosts.indices {
            for to in hosts.indices where from != to && happens(300) {
                network.slow(from, to, by: draw(5_000_000...150_000_000))
            }
        }
        slowLinksNumber += 1
        queue.plan(
            .endSlowLinks(slowLinksNumber),
            at: now + draw(500_000_000...4_000_000_000)
        )
    }

    /// Ends all that keeps hosts from one another.
    func healNetwork() {
        partitionNumber += 1
        swizzleNumber += 1
        slowLinksNumber += 1
        network.endCuts()
        network.endDelays()
        for host in hosts.indices { network.unclog(host) }
    }
}
