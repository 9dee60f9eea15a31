import Storage

/// Who is connected, what they say, and whether they may say it.
extension Node {
    /// What this node says of itself.
    func ownHello(to node: NodeIdentity? = nil) -> Hello {
        Hello(
            cluster: cluster,
            from: identity,
            peerAddress: configuration.peerAddress,
            clientAddress: configuration.clientAddress,
            to: node
        )
    }

    /// Who speaks on the connections from other nodes, oldest first; not those for snapshots.
    var hellos: [Hello] {
        links.sorted { $0.key.value < $1.key.value }.map(\.value).filter { !$0.isBulk }
    }

    /// A node dialled and says who it is: take it, refuse it, or first make its cluster this
    /// node's own.
    mutating func take(_ hello: Hello, on link: LinkID) {
        if let refusal = refusal(of: hello) {
            log(
                .warning,
                "refused a connection from \(hello.from) at \(hello.peerAddress): \(refusal)",
                kind: "refused"
            )
            effects.append(.refuse(link, told(refusal)))
            noteCaller(hello)
            return
        }
        if cluster == nil, let theirs = hello.cluster, hello.to == identity {
            adopt(theirs, hello, on: link)
            return
        }
        accept(hello, on: link)
    }

    private func refusal(of hello: Hello) -> LinkRefusal? {
        if hello.version != Hello.currentProtocol {
            return LinkRefusal(
                code: "protocol_mismatch",
                message: "node \(hello.from) speaks protocol \(hello.version), node \(identity)"
                    + " speaks \(Hello.currentProtocol): run the same version on both"
            )
        }
        let own = cluster ?? adoption?.cluster ?? creation?.cluster
        if let own, let theirs = hello.cluster, own != theirs {
            return LinkRefusal(
                code: "cluster_mismatch",
                message: "node \(hello.from) belongs to cluster \(theirs), node \(identity) to"
                    + " cluster \(own): check --join and --data-dir"
            )
        }
        if let to = hello.to, to != identity {
            return LinkRefusal(
                code: "node_mismatch",
                message: "node \(to) was called, but \(identity) answers at"
                    + " \(configuration.peerAddress): the data directory was lost or exchanged"
            )
        }
        if let fault = hello.fault {
            return LinkRefusal(code: "hello_invalid", message: fault)
        }
        if hello.from == identity {
            return LinkRefusal(
                code: "node_mismatch",
                message: "node \(identity) called itself: check --peer-listen and --join"
            )
        }
        return nil
    }

    /// What a caller is told of a refusal: the code, and nothing of this node and its cluster.
    private func told(_ refusal: LinkRefusal) -> LinkRefusal {
        let message =
            switch refusal.code {
            case "cluster_mismatch":
                "the node there belongs to another cluster: check --join and --data-dir"
            case "node_mismatch":
                "another node answers there: its data directory was lost or exchanged, or the"
                    + " address is one's own"
            case "protocol_mismatch":
                "the node there speaks another protocol: run the same version on both"
            default: refusal.message
            }
        return LinkRefusal(code: refusal.code, message: message)
    }

    /// The answer to a hello that is taken; the cluster's id is for those who know it.
    private func welcome(_ hello: Hello) -> Hello {
        var own = ownHello(to: hello.from)
        if hello.cluster == nil { own.cluster = nil }
        return own
    }

    /// Says over which connections messages of any size are taken, if that has changed.
    mutating func trustLinks() {
        let now = Set(
            links.filter { core.leader == $1.from || core.membership.member($1.from) != nil }.keys
        )
        guard now != trusted else { return }
        for link in now.symmetricDifference(trusted).sorted(by: { $0.value < $1.value })
        where links[link] != nil { effects.append(.trust(link, now.contains(link))) }
        trusted = now
    }

    mutating func accept(_ hello: Hello, on link: LinkID) {
        links[link] = hello
        if let known = core.membership.member(hello.from),
            !Address.isSame(known.peerAddress, hello.peerAddress)
        {
            log(
                .notice,
                "\(hello.from) is at \(hello.peerAddress), and the cluster knows it at"
                    + " \(known.peerAddress): change its address by an order",
                kind: "moved"
            )
        }
        effects.append(.welcome(link, welcome(hello)))
        trustLinks()
        guard !hello.isBulk else { return }
        freshLinks.insert(link)
        if core.membership.member(hello.from) == nil {
            let connected = Set(links.values.map(\.peerAddress))
            callBacks.forget(at: now.instant) { connected.contains($0) }
            callBacks.note(hello.peerAddress, at: now.instant)
        }
        dialPeers()
    }

    /// The other side has taken the welcome: from here on its answers come through.
    ///
    /// Answers of the leader may have been lost with its old connection, so it is asked again; not
    /// before, for what it answers until it has read the welcome is lost too.
    mutating func firstMessage(on link: LinkID, from hello: Hello) {
        guard freshLinks.remove(link) != nil, cluster != nil, core.role != .leader,
            core.leader == hello.from
        else { return }
        routeAll()
        reads.askAgain()
    }

    mutating func linkEnded(_ link: LinkID) {
        adoption?.waiting.removeAll { $0.0 == link }
        freshLinks.remove(link)
        trusted.remove(link)
        guard let hello = links.removeValue(forKey: link), !hello.isBulk else { return }
        dialPeers()
        guard cluster != nil, removal == nil,
            !hellos.contains(where: { $0.from == hello.from })
        else { return }
        stepCore(.disconnected(hello.from))
    }

    /// A connection that this node dialled is gone.
    ///
    /// Whoever came to that address meanwhile, and was not called because the one before answered
    /// there, is called now.
    mutating func unlinked(_ address: String) {
        routes.remove(address)
        dialPeers()
    }

    /// The other side said welcome.
    mutating func linkReady(_ address: String, _ hello: Hello) {
        if let fault = hello.fault {
            log(.warning, "\(address) says a welcome that is not taken: \(fault)", kind: "welcome")
            return
        }
        // A member is at the log's address or where it says that it is: in its name nobody answers
        // elsewhere.
        if let member = core.membership.member(hello.from), member.peerAddress != address,
            !hellos.contains(where: { $0.from == hello.from && $0.peerAddress == address })
        {
            log(
                .warning,
                "\(address) says that it is \(hello.from), which is called elsewhere",
                kind: "elsewhere"
            )
            return
        }
        // A welcome from another cluster than one's own is no welcome.
        if let own = cluster, let theirs = hello.cluster, own != theirs {
            log(
                .warning,
                "\(address) belongs to cluster \(theirs), not to \(own)",
                kind: "other cluster"
            )
            return
        }
        routes.add(hello, at: address)
        if let contradiction { send(.contradiction(contradiction.found), to: hello.from) }
        guard cluster != nil else { return }
        tellIfRemoved(hello.from)
        guard removal == nil else { return }
        tellBack(to: hello.from)
        stepCore(.connected(hello.from))
        if core.role != .leader, core.leader == hello.from {
            routeAll()
            reads.askAgain()
        }
    }

    mutating func take(_ message: PeerMessage, _ lines: [[UInt8]], from hello: Hello) {
        switch message {
        case .hello, .welcome, .refused:
            log(.warning, "node \(hello.from) shook hands twice", kind: "twice")
        case .formationRound(let round):
            guard cluster == nil, creation == nil, adoption == nil, !knowsOfCluster else { return }
            // By its identity: it may be dialled by another spelling of its address.
            send(.blank(round: round, configuration.plan), to: hello.from)
        case .blank(let round, let plan):
            guard cluster == nil, creation == nil, adoption == nil, maySpeakOfFormation(hello)
            else { return }
            formation?.note(plan, round: round, from: hello)
            createIfAllAnswered()
        case .join(let member): take(wish: member, from: hello)
        case .joinAnswer(let node, let answer): take(answer, for: node, from: hello)
        case .removed(let index): takeRemoved(index, from: hello)
        case .consensus, .forward, .forwarded, .read, .readIndex, .snapshot, .snapshotReply,
            .entriesWanted, .entriesFound, .digest, .acknowledged, .contradiction:
            guard let cluster, hello.cluster == cluster else { return }
            takeOfCluster(message, lines, from: hello)
        // For the connections alone.
        case .ping, .pong: break
        }
    }

    /// Whether a blank node was called at the address that it gives as its own, or at one of the list
    /// while its own is none of them: for an address of the list nobody else has a say.
    private func maySpeakOfFormation(_ hello: Hello) -> Bool {
        guard let address = routes.address(of: hello.from) else { return false }
        let (called, own) = (Address.normal(address), Address.normal(hello.peerAddress))
        let places = configuration.plan.places
        return called == own || places.contains(called) && !places.contains(own)
    }

    /// Whether a node that spoke is a member; without the first entry everybody may be.
    func isMember(_ hello: Hello) -> Bool {
        hello.cluster == cluster
            && (core.membership == .empty || core.membership.member(hello.from) != nil)
    }

    private mutating func takeOfCluster(
        _ message: PeerMessage,
        _ lines: [[UInt8]],
        from hello: Hello
    ) {
        let isMember = isMember(hello)
        if isMember { heard[hello.from] = now.instant } else { tellIfRemoved(hello.from) }
        switch message {
        case .consensus(let message, let wall):
            // Whoever sends them: this node's view of the members may be the old one (pitfall 7).
            // The core says what it takes of those that the log does not name.
            if isMember {
                clock.note(wall, of: hello.from, at: now)
                noteVote(message, of: hello.from)
            }
            take(message, lines, from: hello.from)
        case .forward(let id, let proposal):
            // A leader knows all members, so this one was removed: its clients go elsewhere.
            if isMember { takeForward(id, proposal, from: hello.from) }
        case .read(let id): if isMember { takeRead(id, from: hello.from) }
        // Members alone are asked.
        case .forwarded(let id, let outcome):
            if core.names(hello.from) { takeForwarded(id, outcome) }
        case .readIndex(let id, let index):
            if core.names(hello.from) { takeReadIndex(id, index) }
        // Of the leader that is followed, also while the log here does not name it yet.
        case .snapshot(let piece): take(piece, lines, from: hello.from)
        // Counts only for a transfer that is under way, and those are to members.
        case .snapshotReply(let reply): take(reply, from: hello.from)
        case .acknowledged(let known): if isMember { take(known) }
        case .contradiction(let found): if isMember { alarm(found, from: hello.from) }
        case .entriesWanted(let wanted): if isMember { take(wanted, from: hello.from) }
        case .entriesFound(let found): if isMember { take(found, lines, from: hello.from) }
        case .digest(let message): if isMember { take(message, from: hello.from) }
        case .hello, .welcome, .refused, .formationRound, .blank, .join, .joinAnswer, .removed,
            .ping, .pong:
            break
        }
    }

    /// Notes what a leader says that it has committed, if the log names it.
    private mutating func noteCommit(of message: Message, from node: NodeIdentity) {
        guard case .append(let append) = message, append.term == core.term, core.leader == node,
            core.names(node)
        else { return }
        catchUp.heard(append.commit)
    }

    /// Checks that the lines are the entries that the message announces, then steps the core.
    private mutating func take(_ message: Message, _ lines: [[UInt8]], from node: NodeIdentity) {
        if case .append(let append) = message {
            // What the core does not take of a stranger is no reason for anything else either.
            guard core.isOpen(to: append, from: node, now: now.instant) else { return }
            if isContradicted(by: append, of: node) { return }
        }
        guard case .append(var append) = message, !append.entries.isEmpty else {
            stepCore(.receive(message, from: node))
            noteCommit(of: message, from: node)
            return
        }
        // The journal was told to begin anew: what it took now, it would lose.
        guard !isResetting else { return }
        do throws(LineError) {
            received.removeAll(keepingCapacity: true)
            for line in lines {
                let head = try LogEntry.head(ofLine: line)
                received.append((head, line))
                if let membership = head.membership {
                    append.entries.memberships.append(
                        MembershipEntry(index: head.position.index, membership: membership)
                    )
                }
            }
            guard message.fits(received.map(\.head.position)) else {
                throw LineError(.invalid("the entries are not those that the append announces"))
            }
        } catch {
            log(.warning, "dropped an append from \(node): \(error)", kind: "append")
            return
        }
        guard !isContradicted(by: received, term: append.term, of: node) else { return }
        stepCore(.receive(.append(append), from: node))
        noteCommit(of: .append(append), from: node)
        if !append.entries.memberships.isEmpty { membersChanged() }
    }
}

extension Hello {
    /// Why what it says can stand in no log, or nil: the first entry names what the hellos said, and
    /// the journal names the cluster.
    var fault: String? {
        guard Member.isAddress(peerAddress), Member.isAddress(clientAddress) else {
            return "an address of \(from) is not host:port in at most 262 bytes"
        }
        guard cluster.map(NodeIdentity.isValid(id:)) ?? true else {
            return "the cluster's id of \(from) is none"
        }
        return nil
    }
}

extension Message {
    /// The indices of the entries that go with this message, or nil if there are none.
    var entries: ClosedRange<LogIndex>? {
        guard case .append(let append) = self, !append.entries.isEmpty else { return nil }
        return append.entries.first...append.lastIndex
    }

    /// Whether entries at these positions are the ones that the message announces.
    func fits(_ positions: [LogPosition]) -> Bool {
        guard case .append(let append) = self, append.entries.count == positions.count else {
            return false
        }
        var index = append.entries.first
        var next = positions[...]
        for run in append.entries.terms {
            for _ in 0..<run.count {
                guard let position = next.popFirst(), position.index == index,
                    position.term == run.term
                else { return false }
                index = index.next
            }
        }
        return true
    }
}
