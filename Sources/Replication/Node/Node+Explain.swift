import Storage

/// Why a cluster is as it is, from what this node knows.
extension Node {
    /// Why there is no leader, why nothing commits, who holds up the quorum, whose clock is off;
    /// empty if there is nothing to say.
    package var explanations: [Explanation] {
        if let removal {
            return [Explanation(.members, "this node was removed by entry \(removal)")]
        }
        guard cluster != nil else { return [whyBlank] }
        var found: [Explanation] = []
        if core.leader == nil { found.append(Explanation(.leader, whyNoLeader)) }
        if let whyStuck { found.append(Explanation(.commit, whyStuck)) }
        if let quorumState { found.append(Explanation(.quorum, quorumState)) }
        if let diskState { found.append(Explanation(.disk, diskState)) }
        for alarm in alarms.sorted(by: { $0.key < $1.key }) {
            found.append(Explanation(.history, "\(alarm.value); \(alarm.key) has stopped"))
        }
        if let stateState { found.append(Explanation(.state, stateState)) }
        found += memberStates.map { Explanation(.members, $0) }
        found += clockStates.map { Explanation(.clock, $0) }
        return found
    }

    var whyBlank: Explanation {
        if let refusal = joining.refusal {
            return Explanation(.formation, "this node is not admitted yet: \(refusal.message)")
        }
        if knowsOfCluster {
            return Explanation(
                .formation,
                "this node is blank, and others know a cluster: it waits to be taken in"
            )
        }
        if let formation, formation.isAlone {
            return Explanation(
                .formation,
                "this node waits for a member that knew it, and then forms a cluster alone"
            )
        }
        guard let formation, formation.plan.expect != nil else {
            return Explanation(.formation, "this node waits for a cluster to take it in")
        }
        let conflicts = formation.conflicts(own: ownHello())
        guard conflicts.isEmpty else {
            return Explanation(
                .formation,
                "no cluster is formed: \(conflicts.joined(separator: "; "))"
            )
        }
        let missing = formation.plan.addresses.filter {
            !Address.isSame($0, configuration.peerAddress) && routes.hello(at: $0) == nil
        }
        let plan =
            "a cluster is formed when all \(formation.plan.addresses.count) nodes of the list"
            + " say that they are blank and have the same list"
        guard missing.isEmpty else {
            return Explanation(
                .formation,
                "\(plan); not connected: \(missing.joined(separator: ", "))"
            )
        }
        guard !formation.isCreator, let creator = formation.plan.addresses.first else {
            return Explanation(.formation, plan)
        }
        return Explanation(.formation, "\(plan); \(creator) creates it")
    }
}

/// Why there is no leader.
extension Node {
    /// Why this node, which was to form a cluster, knows one and none of its members, if that is so.
    ///
    /// While a cluster is formed it is so for a moment. It stays so if the node that created it
    /// lost its disk before anybody else had the first entry: then there is nothing to come, and
    /// nobody can tell that from a creator that is only away.
    var whyNoMembers: String? {
        guard let cluster, core.membership == .empty, configuration.plan.expect != nil else {
            return nil
        }
        return
            "\(identity) knows cluster \(cluster), and waits for its first entry; if the node that"
            + " created it has lost its disk, empty this one's data directory too and start it again"
    }

    private var whyNoLeader: String {
        let since = leaderlessSince.map { " for \((now.instant - $0).inWords)" } ?? ""
        if core.membership == .empty {
            return
                "no leader\(since): \(whyNoMembers ?? "this node has no entry of the cluster yet")"
        }
        let voters = core.membership.all.filter { core.membership.isVoter($0.identity) }
        let away = voters.filter { $0.identity != identity && !isConnected($0) }
        let quorum = Quorum(core.membership)
        let isPossible =
            quorum.agreed { voter in
                away.contains { $0.identity == voter } ? 0 : 1
            } == 1
        guard isPossible else {
            return "no leader\(since): this node is connected to too few voters of"
                + " \(quorum.needed); not connected: \(names(away))"
        }
        if let reason = whyNoCandidate { return "no leader\(since), and this node \(reason)" }
        guard let candidacy = core.state.candidacy else {
            return
                "no leader\(since): this node waits for its election timeout, or for the winner of"
                + " an election"
        }
        let others = voters.filter { $0.identity != identity }
        let refused = others.filter { candidacy.tally.answer(of: $0.identity) == false }
        let silent = others.filter { candidacy.tally.answer(of: $0.identity) == nil }
        var text =
            "no leader\(since): this node asks for votes in term"
            + " \(candidacy.isReal ? core.term : core.state.candidacyTerm)"
        if !refused.isEmpty { text += "; refused by \(names(refused))" }
        if !silent.isEmpty { text += "; no answer from \(names(silent))" }
        return text
    }

    private var whyNoCandidate: String? {
        if core.state.lost != nil {
            return "does not campaign until it has again what its damaged disk lost"
        }
        if core.state.isDiskFull { return "does not campaign while its disk is full" }
        if divergence != nil {
            return "campaigns only if nobody else can: its state differs from a majority's"
        }
        return core.membership.isVoter(identity) ? nil : "has no vote"
    }
}

/// Why nothing commits, and who holds up the quorum.
extension Node {
    /// Why the last entry of this leader is not committed, if it should be by now.
    private var whyStuck: String? {
        guard core.role == .leader, core.commitIndex < core.lastPosition.index,
            now.instant - committedAt >= configuration.consensus.electionTimeout
        else { return nil }
        let waiting = core.lastPosition.index.value - core.commitIndex.value
        let next = core.commitIndex.next
        let lacking = core.membership.all.filter {
            core.membership.isVoter($0.identity) && durableIndex(of: $0.identity) < next
        }
        return "entry \(next)\(waiting > 1 ? " and \(waiting - 1) more" : "") of this leader wait"
            + "\(waiting == 1 ? "s" : "") for \((now.instant - committedAt).inWords) for"
            + " \(Quorum(core.membership).needed); without it: "
            + lacking.map { "\($0.identity.id) (\(whyLacking($0)))" }.joined(separator: ", ")
    }

    private func durableIndex(of node: NodeIdentity) -> LogIndex {
        if node == identity { return core.durableIndex }
        return core.progress.first { $0.identity == node }?.match ?? .zero
    }

    private func whyLacking(_ member: Member) -> String {
        if member.identity == identity { return "its own disk has not finished a sync" }
        guard isConnected(member) else { return "not connected, \(member.peerAddress)" }
        if sent.transfers[member.identity] != nil { return "is sent a snapshot" }
        guard core.liveMembers.contains(member.identity) else { return "does not answer" }
        guard let progress = core.progress.first(where: { $0.identity == member.identity }) else {
            return "is not sent anything"
        }
        return switch progress.mode {
        case .probe(isPaused: true): "answers and stores nothing: its disk may be full"
        case .probe, .replicate:
            "its disk is slow, or it is far behind: it has entry"
                + " \(progress.match)"
        case .snapshot: "waits for a snapshot"
        }
    }

    private var quorumState: String? {
        guard core.role == .leader else { return nil }
        let quorum = Quorum(core.membership)
        let live = Set(core.liveMembers).union([identity])
        let away = core.membership.all.filter {
            core.membership.isVoter($0.identity) && !live.contains($0.identity)
        }
        guard !away.isEmpty else { return nil }
        let isEnough = quorum.agreed { live.contains($0) ? 1 : 0 } == 1
        let reasons = away.map { "\($0.identity.id) (\(whyAway($0)))" }.joined(separator: ", ")
        guard isEnough else {
            return "too few voters answer, \(quorum.needed) are needed; silent: \(reasons)"
        }
        let isLast = core.liveMembers.contains { one in
            one != identity
                && quorum.agreed { live.contains($0) && $0 != one ? 1 : 0 } != 1
        }
        return "\(reasons) \(away.count == 1 ? "does" : "do") not answer"
            + (isLast ? "; one more failure stops writes" : "")
    }

    private func whyAway(_ member: Member) -> String {
        isConnected(member) ? "connected, but silent" : "not connected, \(member.peerAddress)"
    }
}

/// What else is worth a word.
extension Node {
    private var diskState: String? {
        if let shortage { return "no requests are taken until there is space: \(shortage)" }
        if let whyUnfilled { return whyUnfilled }
        if let lost = core.state.lost {
            return "this disk was damaged: entries up to \(lost.index) must come from the others,"
                + " the log ends at \(core.lastPosition.index)"
        }
        return nil
    }

    private var stateState: String? {
        if let divergence {
            return "the state of this node differs from a majority's at entry \(divergence.index):"
                + " it serves nobody until the leader's has taken its place"
        }
        guard digests.isAlarmed else { return nil }
        return "the states of the nodes differ, and no majority agrees on one: compare what they"
            + " answer, and give the data directories of those that are wrong up"
    }

    private var memberStates: [String] {
        var states: [String] = []
        if !core.membership.outgoing.isEmpty {
            states.append(
                "a change of members is under way since entry \(core.membershipIndex): it needs"
                    + " \(Quorum(core.membership).needed)"
            )
        }
        guard core.role == .leader else { return states }
        for member in core.membership.incoming where member.role == .joining {
            let held = durableIndex(of: member.identity).value
            let behind = core.lastPosition.index.value - min(held, core.lastPosition.index.value)
            states.append(
                "\(member.identity.id) is joining and \(behind) entries behind"
                    + (isConnected(member) ? "" : "; not connected, \(member.peerAddress)")
            )
        }
        for (peer, transfer) in sent.transfers.sorted(by: { $0.key < $1.key }) {
            states.append(
                "\(peer.id) is sent a snapshot of entry \(transfer.position.index):"
                    + " \(transfer.window.acknowledged) of \(transfer.whole) bytes"
            )
        }
        return states
    }

    private var clockStates: [String] {
        core.membership.all.compactMap { member in
            let offset = clock.offset(
                of: member.identity,
                in: core.membership,
                own: identity,
                at: now
            )
            guard let offset, offset.magnitude >= .seconds(1) else { return nil }
            let direction = offset < .zero ? "behind" : "ahead of"
            return
                "the clock of \(member.identity.id) is \(offset.magnitude.inWords) \(direction) the"
                + " others"
        }
    }
}

/// Words for members.
extension Node {
    /// Whether each of the two reaches the other.
    private func isConnected(_ member: Member) -> Bool {
        isLinked(member.identity) && hellos.contains { $0.from == member.identity }
    }

    private func names(_ members: [Member]) -> String {
        members.map { "\($0.identity.id) (\($0.peerAddress))" }.joined(separator: ", ")
    }
}

extension Quorum {
    /// `2 of 3 voters`, and of each set during a change.
    fileprivate var needed: String {
        let new = "\(incoming.count / 2 + 1) of \(incoming.count) voters"
        guard !outgoing.isEmpty else { return new }
        return "\(new), and \(outgoing.count / 2 + 1) of the \(outgoing.count) before"
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
