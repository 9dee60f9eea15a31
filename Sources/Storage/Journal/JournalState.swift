/// What the lines of a journal say when read in order.
struct JournalState: Hashable {
    var identity: JournalIdentity
    var vote = Vote.none
    var terms = LogTerms()
    /// All membership entries: when the last is truncated, the one before counts again.
    var memberships: [LogIndex] = []

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

    /// The head of a file that begins here.
    func head(segment: UInt64, previous: SegmentHead.Previous?) -> SegmentHead {
        SegmentHead(
            identity: identity,
            segment: segment,
            previous: previous,
            after: terms.last,
            vote: vote,
            membership: memberships.last
        )
    }
}
