import Storage

/// Which connections a node keeps.
extension Node {
    /// How many connected nodes that are no members are dialled, so that they can be answered.
    private static var maximumStrangers: Int { CallBacks.limit }

    /// Says which connections to keep, if that has changed.
    mutating func dialPeers() {
        let dials = wantedDials
        guard dials != dialled else { return }
        for dial in dialled where !dials.contains(dial) { routes.remove(dial.address) }
        dialled = dials
        effects.append(.dial(dials))
    }

    /// Who is called at an address if several say that they are there.
    private struct Claim: Comparable {
        /// Whether it is connected to this node, so that it runs.
        var isHere: Bool
        /// A stranger with a wrong address must not disturb a member that is here; only another
        /// incarnation of a member may be at its address, and the end of the old one's connection
        /// may be late.
        var hasMembersID: Bool
        /// Of two incarnations the one that came last.
        var link: UInt64
        var isJoining: Bool
        /// Whom to call, or nil for whoever is there.
        var to: NodeIdentity?

        static func < (left: Claim, right: Claim) -> Bool { left.order < right.order }

        private var order: (Int, Int, UInt64, Int) {
            (isHere ? 1 : 0, hasMembersID ? 1 : 0, link, isJoining ? 1 : 0)
        }
    }

    /// Whether another incarnation of a member is one too.
    private func isSecond(_ member: Member) -> Bool {
        core.membership.all.contains {
            $0.identity.id == member.identity.id && $0.identity != member.identity
        }
    }

    private var wantedDials: [Dial] {
        var claims: [String: Claim] = [:]
        func claim(_ address: String, _ claim: Claim) {
            claims[address] = max(claims[address] ?? claim, claim)
        }
        let newest = newestHellos
        let strangers = newest.values.filter {
            core.membership.member($0.hello.from) == nil
                && callBacks.contains($0.hello.peerAddress)
        }
        .sorted { $0.link > $1.link }
        for member in core.membership.all {
            // Where it says that it is counts more than the log's word, which may be older or,
            // before it has moved, newer.
            let here = newest[member.identity]
            // It was admitted because the old one is silent, and may not know this node's address;
            // what is left of the old one's connection must not keep it from being called. But a
            // third one that is here while it is not has its place: its disk is lost again.
            let isSucceeded =
                here == nil
                && strangers.contains {
                    $0.hello.from.id == member.identity.id
                        && $0.hello.peerAddress == member.peerAddress
                }
            let takesPlace = member.role == .joining && isSecond(member) && !isSucceeded
            claim(
                here?.hello.peerAddress ?? member.peerAddress,
                Claim(
                    isHere: here != nil || takesPlace,
                    hasMembersID: true,
                    link: takesPlace ? .max : here?.link ?? 0,
                    isJoining: member.role == .joining,
                    to: member.identity
                )
            )
        }
        let ids = Set(core.membership.all.map(\.identity.id))
        for (link, hello) in strangers.prefix(Self.maximumStrangers) {
            // Not by its identity: a blank node that is called so takes the caller's cluster for its
            // own, and this one is not admitted yet. One that was a member a moment ago keeps its
            // connection, over which it is told.
            //
            // A member that answers at the address keeps it: anybody can say to have its id.
            let isTaken = core.membership.all.contains {
                $0.identity.id == hello.from.id
                    && routes.address(of: $0.identity) == hello.peerAddress
            }
            let wasCalled = dialled.contains {
                $0.address == hello.peerAddress && $0.hello.to == hello.from
            }
            claim(
                hello.peerAddress,
                Claim(
                    isHere: !isTaken,
                    hasMembersID: !isTaken && ids.contains(hello.from.id),
                    link: link,
                    isJoining: false,
                    to: wasCalled ? hello.from : nil
                )
            )
        }
        if core.membership == .empty {
            for address in configuration.plan.addresses + callers.values
            where claims[address] == nil {
                claim(
                    address,
                    Claim(isHere: false, hasMembersID: false, link: 0, isJoining: false, to: nil)
                )
            }
        }
        let own = Address.normal(configuration.peerAddress)
        claims = claims.filter { Address.normal($0.key) != own }
        return claims.sorted { $0.key < $1.key }
            .map { Dial(address: $0.key, hello: ownHello(to: $0.value.to)) }
    }

    /// Notes where somebody is who calls an incarnation of this node that is gone.
    mutating func noteCaller(_ hello: Hello) {
        guard core.membership == .empty, hello.cluster != nil, let called = hello.to,
            called.id == identity.id, called != identity, hello.from.id != identity.id,
            callers[hello.from.id] != nil || callers.count < Self.maximumStrangers
        else { return }
        if callers.isEmpty {
            log(
                .notice,
                "\(called) was in cluster \(hello.cluster ?? "") and its data is gone: \(identity)"
                    + " forms no cluster, and asks \(hello.from) at \(hello.peerAddress) to be taken in"
            )
        }
        callers[hello.from.id] = hello.peerAddress
        dialPeers()
    }

    /// The newest connection from each other node.
    private var newestHellos: [NodeIdentity: (link: UInt64, hello: Hello)] {
        var newest: [NodeIdentity: (link: UInt64, hello: Hello)] = [:]
        // Without the cluster's id nobody speaks for a member.
        for (link, hello) in links
        where !hello.isBulk
            && (hello.cluster != nil || core.membership.member(hello.from) == nil)
            && link.value >= newest[hello.from]?.link ?? 0
        {
            newest[hello.from] = (link.value, hello)
        }
        return newest
    }

    /// Whether this node can speak to another one now.
    func isLinked(_ node: NodeIdentity) -> Bool { routes.address(of: node) != nil }

    /// The leader to which requests and reads go: one that the log names, and that is connected.
    ///
    /// A stranger may say that it leads; a leader that the log does not name yet is named by the first
    /// entries that it sends.
    var leaderToAsk: NodeIdentity? {
        core.leader.flatMap { core.names($0) && isLinked($0) ? $0 : nil }
    }

    mutating func send(_ message: PeerMessage, to node: NodeIdentity, entries: [[UInt8]] = []) {
        guard let address = routes.address(of: node) else { return }
        effects.append(.send(address: address, line: message.line, entries: entries))
    }

    /// Sends a message with lines that may take long, beside all else.
    mutating func sendBulk(_ message: PeerMessage, to node: NodeIdentity, entries: [[UInt8]]) {
        guard let address = routes.address(of: node) else { return }
        effects.append(.sendBulk(address: address, line: message.line, entries: entries))
    }
}
