import Replication
import Storage

extension ConsensusCluster {
    enum Write {
        case vote(Vote)
        case truncate(after: LogIndex)
        case append([Entry])
    }

    /// State and log of a node as one: all entries from the first on, also those of which the
    /// journal keeps nothing and the state alone has the effect.
    struct Disk {
        var vote = Vote.none
        var entries: [Entry] = []
        /// The last entry that was compacted.
        var before = LogIndex.zero
        /// What the newest snapshot holds.
        var snapshot: [Entry] = []
        /// Where the log may have ended before it was damaged, until it is as up to date again.
        var lost: LogPosition?
        /// Logs as they were before they were damaged: acknowledgements of them may still come.
        var gone: [[Entry]] = []

        var end: LogIndex { LogIndex(UInt64(entries.count)) }
        var last: LogPosition { position(at: end) }
        var lastForVotes: LogPosition { max(last, lost ?? .zero) }

        func position(at index: LogIndex) -> LogPosition {
            let place = Int(index.value) - 1
            return LogPosition(index: index, term: place < 0 ? .zero : entries[place].term)
        }

        var log: LogTerms {
            var log = LogTerms(before: position(at: before))
            for entry in entries.dropFirst(Int(before.value)) { log.append(term: entry.term) }
            return log
        }

        var memberships: [MembershipEntry] {
            entries.enumerated().compactMap { place, entry in
                entry.membership.map {
                    MembershipEntry(index: LogIndex(UInt64(place + 1)), membership: $0)
                }
            }
        }

        /// Whether this log has the entry, or had it and may have said so.
        func acknowledged(_ entry: Entry, at place: Int) -> Bool {
            ([entries] + gone).contains { $0.indices.contains(place) && $0[place] == entry }
        }

        func holds(_ snapshot: [Entry]) -> Bool { entries.starts(with: snapshot) }

        mutating func apply(_ write: Write) {
            switch write {
            case .vote(let vote): self.vote = vote
            case .truncate(let index): entries.removeLast(entries.count - Int(index.value))
            case .append(let new): entries += new
            }
            regain()
        }

        /// Installs a snapshot, keeping what follows it if the log holds it.
        mutating func install(_ snapshot: [Entry]) {
            self.snapshot = snapshot
            if !holds(snapshot) {
                entries = snapshot
                before = end
            }
            regain()
        }

        /// Begins behind the snapshot if the log does not go on from it, as after a crash.
        mutating func recover() { install(snapshot) }

        /// Loses all entries after `index`, or with the snapshot everything.
        mutating func damage(after index: LogIndex, withSnapshot: Bool, of identity: NodeIdentity) {
            gone.append(entries)
            lost = lastForVotes
            vote = Vote(term: max(vote.term, last.term), candidate: identity)
            if withSnapshot { snapshot = [] }
            // What was compacted is in the snapshot alone.
            let isGone = withSnapshot && before > .zero
            entries.removeLast(entries.count - (isGone ? 0 : Int(max(index, before).value)))
            if isGone { before = .zero }
            recover()
        }

        private mutating func regain() {
            guard let lost, !(last < lost) else { return }
            self.lost = nil
            gone = []
        }
    }
}
