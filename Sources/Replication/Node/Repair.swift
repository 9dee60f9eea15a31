import Storage

/// What a damaged disk lost, and how it comes back while nobody leads.
///
/// The log grows from before the first hole: by entries that are kept behind the damage, which need
/// no more than that they follow, and by entries from others, one question at a time. Decision 16
/// says why what is taken is what was there.
struct Repair: Sendable {
    /// What is to be done next.
    enum Step {
        case nothing
        /// Read entries of this stretch back, behind an entry of the log.
        case load(KeptEntries, after: LogIndex)
        case ask(NodeIdentity, EntriesWanted)
        /// Say that nobody has this; said once for each hole.
        case giveUp(EntriesWanted)
    }

    /// Entries that are proven, and the one before them.
    struct Fill {
        var previous: LogPosition
        var entries: [(head: LogEntry.Head, line: [UInt8])]
    }

    /// How long an answer may take.
    private static let patience = Duration.seconds(1)
    /// How long after nobody had it all are asked again.
    private static let pause = Duration.seconds(1)
    /// How long the lines of an answer may be together, but for the first.
    static let maximumBytes = 256 << 10

    /// The last entry that the node may have acknowledged.
    private(set) var lost: LogPosition
    private var kept: [KeptEntries]
    /// Where the entries that are being read back begin.
    private var loading: LogPosition?
    private var question: EntriesWanted?
    private var asked: NodeIdentity?
    /// What those say who do not have what is asked for.
    private var answers: [NodeIdentity: String] = [:]
    /// What they said when all were asked last.
    private(set) var refusals: [NodeIdentity: String] = [:]
    /// What nobody had, as far as is known.
    private(set) var unfilled: EntriesWanted?
    /// Where to begin if the logs differ before the hole.
    private var from: LogPosition?
    private var deadline: Instant

    init(lost: LogPosition, kept: [KeptEntries], begin: Instant) {
        self.lost = lost
        self.kept = kept
        deadline = begin
    }

    /// Takes in that the node acknowledged more than its disk says.
    mutating func extend(to lost: LogPosition) {
        self.lost = max(self.lost, lost)
        unfilled = nil
    }

    /// When to go on at the latest; nil while entries are read back.
    var nextDeadline: Instant? { loading == nil ? deadline : nil }

    /// The stretches that neither the log nor this disk holds.
    func holes(_ log: LogTerms) -> [ClosedRange<LogIndex>] {
        KeptEntries.holes(after: log.last, through: lost, kept)
    }

    /// What is to be done now, if anything is.
    ///
    /// - Parameters:
    ///   - log: The log.
    ///   - peers: The other members that can be asked.
    ///   - now: The time.
    /// - Returns: The step; what it asks for is to be reported before the next one.
    mutating func next(_ log: LogTerms, _ peers: [NodeIdentity], _ now: Instant) -> Step {
        guard loading == nil, now >= deadline || asked == nil && question != nil else {
            return .nothing
        }
        if let asked {
            answers[asked] = "does not answer"
            self.asked = nil
        }
        while let first = kept.first, log.term(at: first.last.index) == first.last.term {
            kept.removeFirst()
        }
        if let first = kept.first, let after = proven(first, log) {
            loading = after
            return .load(first, after: after.index)
        }
        let wanted = wanted(log)
        if wanted.pin != question?.pin { answers = [:] }
        question = wanted
        if let peer = peers.first(where: { answers[$0] == nil }) {
            asked = peer
            deadline = now + Self.patience
            return .ask(peer, wanted)
        }
        deadline = now + Self.pause
        question = nil
        from = nil
        let isNews = unfilled?.pin != wanted.pin
        unfilled = wanted
        refusals = answers
        return isNews ? .giveUp(wanted) : .nothing
    }

    /// The entry of the log that a kept stretch goes on from, if that is known.
    private func proven(_ kept: KeptEntries, _ log: LogTerms) -> LogPosition? {
        if kept.holds(log.last) { return log.last }
        if let before = kept.before, log.term(at: before.index) == before.term { return before }
        #if PLANTED_BUGS
        if PlantedBug.fillWithoutProof.isActive {
            return log.position(at: kept.first.index.previous)
        }
        #endif
        // All of one term was made by one leader, in one order.
        guard let before = log.position(at: kept.first.index.previous),
            before.term == kept.first.term
        else { return nil }
        return before
    }

    private mutating func wanted(_ log: LogTerms) -> EntriesWanted {
        while let first = kept.first, (first.before ?? first.first).index <= log.before.index {
            kept.removeFirst()
        }
        guard let next = kept.first else {
            return EntriesWanted(after: from ?? log.last, through: lost.index, pin: lost)
        }
        let through = next.before?.index ?? next.first.index.previous
        let after = log.position(at: min(through, log.lastIndex)) ?? log.last
        return EntriesWanted(
            after: from ?? after,
            through: through,
            pin: next.before ?? next.first
        )
    }

    /// Takes an answer, and gives what of it is proven.
    ///
    /// Each line's term and index name the entry (Raft §5.3). If the other log holds the pin, all
    /// that it has before is what this one had before it; if not, entries of the pin's own term
    /// are, and what leads to them: a term has one leader, and its log only grows.
    mutating func take(
        _ found: EntriesFound,
        _ entries: [(head: LogEntry.Head, line: [UInt8])],
        from peer: NodeIdentity,
        _ log: LogTerms
    ) -> Fill? {
        guard peer == asked, let question, found.pin == question.pin else { return nil }
        asked = nil
        guard let previous = found.previous else {
            answers[peer] = "has compacted it"
            return nil
        }
        guard log.term(at: previous.index) == previous.term else {
            stepBack(before: previous, log, peer)
            return nil
        }
        let good = proven(entries, by: found)
        let end = good.last?.head.position ?? previous
        if found.holdsPin, end.index == question.through, kept.first?.before == nil,
            kept.first?.first.index == end.index.next
        {
            kept[0].before = end
        } else if good.isEmpty {
            answers[peer] = "has no such entry, its log ends at \(found.last)"
            return nil
        }
        from = nil
        answers = [:]
        unfilled = nil
        return Fill(previous: previous, entries: good)
    }

    /// The other log differs here already: asks from where the two may agree.
    private mutating func stepBack(
        before previous: LogPosition,
        _ log: LogTerms,
        _ peer: NodeIdentity
    ) {
        let shared = log.last(atOrBefore: previous.index, termAtMost: previous.term)
        guard shared.index > log.before.index || shared == log.before, shared != from else {
            answers[peer] = "has another log"
            return
        }
        from = shared
    }

    private func proven(
        _ entries: [(head: LogEntry.Head, line: [UInt8])],
        by found: EntriesFound
    ) -> [(head: LogEntry.Head, line: [UInt8])] {
        let end =
            found.holdsPin
            ? entries.lastIndex { $0.head.position.index <= found.pin.index }
            : entries.lastIndex {
                $0.head.position.term == found.pin.term
                    && $0.head.position.index < found.pin.index
            }
        return end.map { Array(entries[...$0]) } ?? []
    }

    /// Takes entries that were kept; one that is not good any more ends its stretch.
    mutating func loaded(_ entries: [(head: LogEntry.Head, line: [UInt8])]) -> Fill? {
        guard let previous = loading else { return nil }
        loading = nil
        guard !entries.isEmpty else {
            kept.removeFirst()
            return nil
        }
        return Fill(previous: previous, entries: entries)
    }

    /// Waits before the next try: a leader has come, or the log has not taken what it was given.
    mutating func pause(until time: Instant) {
        question = nil
        deadline = max(deadline, time)
    }
}
