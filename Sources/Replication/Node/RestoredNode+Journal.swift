package import Storage

extension RestoredNode {
    /// Takes from a journal what a node needs to start.
    ///
    /// - Throws: ``JournalError`` if an entry cannot be read back, ``LineError`` if one that the
    ///   node needs is of another version.
    package init(_ recovered: RecoveredJournal, _ journal: Journal) throws {
        func entry(at index: LogIndex) throws -> LogEntry? {
            guard index > .zero else { return nil }
            let found = try journal.entries(
                after: index.previous,
                through: index,
                maximumBytes: 1
            )
            return try found.first.map { try LogEntry(line: $0.line) }
        }
        var cluster = recovered.identity.cluster
        var membership = Membership.empty
        let membershipIndex = recovered.membershipIndex ?? .zero
        if case .members(let members, let named) = try entry(at: membershipIndex)?.payload {
            membership = members
            // The creator's first entry names the cluster before any head of its journal does.
            cluster = cluster ?? named
        }
        self.init(
            identity: recovered.identity.node,
            cluster: cluster,
            vote: recovered.vote,
            log: recovered.terms,
            membership: membership,
            membershipIndex: membershipIndex,
            lastTime: try entry(at: recovered.terms.last.index)?.time
                ?? Timestamp(milliseconds: 0)
        )
    }
}
