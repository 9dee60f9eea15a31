/// What the lines of a journal say when read in order.
struct JournalState: Hashable {
    var identity: JournalIdentity
    var vote = Vote.none
    var terms = LogTerms()
    /// All membership entries: when the last is truncated, the one before counts again.
    var memberships: [LogIndex] = []
    /// What the node had before its disk was damaged, until its log is as up to date again.
    var lost: LogPosition?
    /// The last entry that the node knew to be committed; its log may end before it after damage.
    private(set) var commit = LogIndex.zero

    /// The node's term as far as the journal tells.
    var term: Term { max(vote.term, terms.last.term) }

    /// Takes in a line.
    ///
    /// - Returns: The rule that the line breaks, or nil.
    mutating func apply(_ line: JournalLine) -> String? {
        switch line {
        case .entry(let header):
            guard terms.accepts(header.position) else {
                return "entry \(header.position) can't follow entry \(terms.last)"
            }
            terms.append(term: header.position.term)
            if header.isMembership { memberships.append(header.position.index) }
            healIfComplete()
        case .vote(let next):
            let isSameTerm = next.term == vote.term
            guard next.term >= vote.term,
                !isSameTerm || vote.candidate == nil || next.candidate == vote.candidate
            else { return "a vote in term \(next.term) can't follow the one in \(vote.term)" }
            vote = next
        case .truncate(let last):
            guard last <= terms.lastIndex else {
                return "a truncation after \(last), beyond the last entry \(terms.last)"
            }
            terms.truncate(after: last)
            while let membership = memberships.last, membership > last { memberships.removeLast() }
        }
        return nil
    }

    /// Takes in what the node, or a batch's head, says to be committed; it never falls.
    mutating func know(commit: LogIndex) { self.commit = max(self.commit, commit) }

    /// Why a truncation would take back what the cluster has promised to keep.
    func refusal(of last: LogIndex) -> String {
        "a truncation after \(last) would remove entries that are known to be committed, up to"
            + " \(commit)"
    }

    /// Drops the whole log, which begins again at a snapshot's end.
    mutating func reset(to position: LogPosition, membership: LogIndex?) {
        know(commit: position.index)
        terms.reset(to: position)
        memberships = membership.map { [$0] } ?? []
        healIfComplete()
    }

    /// Takes in what good lines say that was held beyond what can still be read.
    mutating func lose(through: LogPosition) {
        lost = max(through, lost ?? .zero)
        healIfComplete()
    }

    /// The vote that leaves none to give up to `term`, or nil if there is none already.
    ///
    /// A vote for itself, where it never campaigns: what it voted in those terms may be lost.
    func spentVote(through term: Term) -> Vote? {
        guard term > vote.term || term == vote.term && vote.candidate == nil else { return nil }
        return Vote(term: term, candidate: identity.node)
    }

    /// Sees to it that the log goes on from the snapshot.
    ///
    /// - Returns: Why the log was dropped, or nil if it goes on from there.
    mutating func connect(to snapshot: SnapshotHead?, in directory: String) -> String? {
        let base = snapshot?.position ?? .zero
        guard terms.term(at: base.index) != base.term else { return nil }
        let reason: String
        let held = terms.last
        let isMissing = base.index < terms.before.index
        if isMissing {
            // What lay between was dropped for a newer snapshot, which is gone.
            reason =
                "\(directory): entries \(base.index.next) to \(terms.before.index) are in a "
                + "snapshot that is missing or damaged; what lies behind \(base) must come from others"
        } else {
            // A snapshot was installed, and the crash came before the log was dropped for it.
            reason = "\(directory): the log is dropped, and goes on from the snapshot at \(base)"
        }
        reset(to: base, membership: snapshot?.membershipIndex)
        // Only now: a log that still ends there would count as healed.
        if isMissing { lose(through: held) }
        return reason
    }

    private mutating func healIfComplete() {
        if let lost, !(terms.last < lost) { self.lost = nil }
    }

    /// The head of a file that begins here.
    func head(segment: UInt64, batch: UInt64, previous: SegmentHead.Previous?) -> SegmentHead {
        SegmentHead(
            identity: identity,
            segment: segment,
            batch: batch,
            previous: previous,
            after: terms.last,
            vote: vote,
            membership: memberships.last,
            lost: lost
        )
    }
}

extension JournalState {
    /// What a file's head says of all before it.
    init(_ head: SegmentHead) {
        identity = head.identity
        vote = head.vote
        terms = LogTerms(before: head.after)
        memberships = head.membership.map { [$0] } ?? []
        lost = head.lost
    }
}
