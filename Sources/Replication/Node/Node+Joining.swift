import Storage

/// What a node that is no member keeps in mind while it asks to become one.
struct JoinAttempts: Sendable {
    /// When it asks next.
    var next: Instant
    /// How often it has asked.
    var count = 0
    /// Why it was refused last.
    var refusal: LinkRefusal?
    /// Why it was refused; each reason is told once.
    var reasons: Set<LinkRefusal> = []
    var wasAdmitted = false
    /// Who was asked: nobody else's answer counts.
    var asked: Set<NodeIdentity> = []
}

/// From blank, or from a lost disk, to a member of a cluster that runs.
extension Node {
    /// Whether this node asks to become a member: it is none, and nobody leads it.
    ///
    /// A member that has not got so far in the log as the entry which admits it is led. One that
    /// was called by a leader whose entry was then lost has a cluster, and asks again; so does one
    /// that holds that very entry, but does not know it to be committed, for nobody else may. Who
    /// has a vote does not ask: it may be needed to find that out.
    var seeksAdmission: Bool {
        guard core.leader == nil, removal == nil, creation == nil, adoption == nil else {
            return false
        }
        guard let member = core.membership.member(identity) else { return true }
        return member.role != .voter
            && core.committedMembership.membership.member(identity) == nil
    }

    /// Asks one of those who know a cluster, another one each time.
    mutating func askToJoin() {
        guard seeksAdmission, joining.next <= now.instant else { return }
        joining.next = now.instant + configuration.joinInterval
        let places = routes.all.compactMap { address, hello in
            // One that was blank when it said welcome may have called since.
            (hellos.last { $0.from == hello.from }?.cluster ?? hello.cluster)
                .map { (address: address, node: hello.from, cluster: $0) }
        }
        guard let first = places.first else { return }
        let own = cluster ?? first.cluster
        if let other = places.first(where: { $0.cluster != own }) {
            return noteRefusal(
                LinkRefusal(
                    code: "cluster_mismatch",
                    message: "\(first.address) and \(other.address) belong to clusters \(own) and"
                        + " \(other.cluster): check --join"
                )
            )
        }
        let place = places[joining.count % places.count]
        joining.count += 1
        if joining.asked.count >= 256 { joining.asked.removeAll() }
        joining.asked.insert(place.node)
        let member = Member(
            identity: identity,
            peerAddress: configuration.peerAddress,
            clientAddress: configuration.clientAddress,
            role: configuration.joinsAsLearner ? .learner : .joining
        )
        effects.append(
            .send(address: place.address, line: PeerMessage.join(member).line, entries: [])
        )
    }

    /// An answer to this node, or to one whose wish it passed on.
    mutating func take(_ answer: JoinAnswer, for node: NodeIdentity, from hello: Hello) {
        guard node == identity else {
            // Passed on once, and only from who leads.
            guard hello.from == core.leader else { return }
            return send(.joinAnswer(node, answer), to: node)
        }
        guard seeksAdmission, joining.asked.contains(hello.from) else { return }
        switch answer {
        case .admitted:
            guard !joining.wasAdmitted else { return }
            joining.wasAdmitted = true
            log(.notice, "admitted by \(hello.from)")
        case .refused(let refusal):
            if refusal.code == "removed", cluster != nil { return retire(core.membershipIndex) }
            noteRefusal(refusal)
        }
    }

    private mutating func noteRefusal(_ refusal: LinkRefusal) {
        joining.refusal = refusal
        guard joining.reasons.count < 64, joining.reasons.insert(refusal).inserted else { return }
        // A cluster that is just being formed has no leader for a moment.
        log(refusal.code == "no_leader" ? .notice : .warning, "not admitted yet: \(refusal)")
    }
}

/// Taking in who asks.
extension Node {
    /// Another node wants to become a member.
    mutating func take(wish: Member, from hello: Hello) {
        let isOwn = hello.from == wish.identity
        guard cluster != nil, isOwn || isMember(hello) else { return }
        func answer(_ refusal: LinkRefusal) {
            send(.joinAnswer(wish.identity, .refused(refusal)), to: hello.from)
        }
        if let removal = JoinRules.removal(of: wish.identity, in: state.formerMembers) {
            return answer(removal)
        }
        if core.role == .leader, divergence == nil { return admit(wish, asker: hello.from) }
        guard isOwn, let leader = leaderToAsk else {
            let message = whyNoMembers ?? "no leader is known"
            return answer(LinkRefusal(code: "no_leader", message: message))
        }
        send(.join(wish), to: leader)
    }

    private mutating func admit(_ wish: Member, asker: NodeIdentity) {
        var wish = wish
        if wish.role == .voter { wish.role = .joining }
        let origin = ChangeOrigin.join(wish.identity, asker: asker)
        // What was removed a moment ago must be known, and no other change be under way.
        guard core.membership.member(wish.identity) != nil || knowsMembers else {
            return refuse(.notReady, origin)
        }
        let rules = JoinRules(
            membership: core.membership,
            formerMembers: state.formerMembers,
            time: nextTime(),
            patience: configuration.replacementSilence
        )
        switch rules.decide(wish, isSilent: isSilent) {
        case .isMember: send(.joinAnswer(wish.identity, .admitted), to: asker)
        case .refused(let refusal):
            log(.debug, "\(wish.identity) is not admitted: \(refusal)")
            send(.joinAnswer(wish.identity, .refused(refusal)), to: asker)
        case .change(let change):
            log(.notice, "\(wish.identity) at \(wish.peerAddress) asks to join: \(change.summary)")
            begin(change, expecting: nil, origin)
        }
    }

    /// Whether a member was not heard for long enough; a new leader has heard nobody before.
    ///
    /// It does not hear itself, and is there all the same.
    private func isSilent(_ node: NodeIdentity) -> Bool {
        guard node != identity else { return false }
        let heard = max(self.heard[node] ?? leadsSince, leadsSince)
        return heard + configuration.replacementSilence <= now.instant
    }
}
