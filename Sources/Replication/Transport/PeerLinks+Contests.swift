import Storage

/// A second connection in the name of a node that has one.
struct Contest: Sendable {
    /// The one that is there, and is asked whether it still answers.
    let first: PollKey
    /// The one that waits, unread.
    let second: PollKey
    /// What the first one is to answer.
    let number: UInt64
    /// Until when it may answer.
    let until: Instant
}

/// Who speaks in a node's name: the connection that was there first, as long as it answers.
///
/// Anybody can say to be a member. A process that was started again is one that says so too: the
/// connection of the old one is reset by the system as soon as something is sent over it, and one
/// whose machine is gone does not answer.
extension PeerLinks {
    /// Hands a hello on, unless another connection has spoken in that name and may still be there.
    func greet(_ peer: IncomingLink, _ hello: Hello, at now: Instant) {
        peer.hello = hello
        peer.deadline = nil
        let speaker = IncomingLink.Speaker(hello)
        guard let first = speakers[speaker].flatMap({ incoming[$0] }) else { return admit(peer) }
        guard contests[speaker] == nil else { return end(peer) }
        lastPing += 1
        contests[speaker] = Contest(
            first: first.connection.key,
            second: peer.connection.key,
            number: lastPing,
            until: now + limits.probe
        )
        peer.connection.isPaused = true
        markDirty(first.connection)
        first.connection.output.append(contentsOf: PeerMessage.ping(lastPing).line)
    }

    /// The connection that was there first says that it still is: the second one is nobody's.
    func answered(_ peer: IncomingLink, _ number: UInt64, at now: Instant) {
        guard let speaker = peer.speaker, let contest = contests[speaker],
            contest.first == peer.connection.key, contest.number == number
        else { return }
        contests[speaker] = nil
        guard let second = incoming[contest.second] else { return }
        say(
            .warning,
            "\(speaker.node) is connected and answers: another connection in its name is ended",
            kind: "second",
            at: now
        )
        end(second)
    }

    /// Gives the names of those that did not answer to those that wait.
    func settleContests(at now: Instant) {
        let over = contests.values.filter { $0.until <= now }.sorted { $0.number < $1.number }
        for contest in over {
            // The second one is told of first, so that the node does not count as gone.
            if let first = incoming[contest.first] { end(first) }
        }
    }

    /// Lets somebody else speak in the name of a connection that speaks no more.
    func release(_ peer: IncomingLink) {
        guard let speaker = peer.speaker else { return }
        let key = peer.connection.key
        if speakers[speaker] == key {
            speakers[speaker] = nil
            guard let contest = contests.removeValue(forKey: speaker),
                let second = incoming[contest.second]
            else { return }
            second.connection.isPaused = false
            admit(second)
        } else if contests[speaker]?.second == key {
            contests[speaker] = nil
        }
    }

    private func admit(_ peer: IncomingLink) {
        guard let hello = peer.hello else { return }
        speakers[IncomingLink.Speaker(hello)] = peer.connection.key
        peer.isAdmitted = true
        peer.reader.allowance = .small
        events.append(.hello(peer.link, hello))
    }
}
