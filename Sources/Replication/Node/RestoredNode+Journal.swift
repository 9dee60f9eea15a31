package import Storage

extension RestoredNode {
    /// Takes from a journal what a node needs to start; nothing on the disk is changed.
    ///
    /// - Parameters:
    ///   - journal: The journal.
    ///   - membership: The snapshot's, if the log goes on from one.
    /// - Throws: ``JournalError`` if an entry cannot be read back, ``LineError`` if one that the
    ///   node needs is of another version.
    package init(
        _ journal: ExaminedJournal,
        after membership: MembershipEntry? = nil
    ) throws {
        let recovered = journal.recovered
        func entry(at index: LogIndex) throws -> LogEntry? {
            guard index > .zero else { return nil }
            let found = try journal.entries(
                after: index.previous,
                through: index,
                maximumBytes: 1
            )
            return try found.first.map { try LogEntry(line: $0.line) }
        }
        var cluster = recovered.identity.cluster ?? recovered.snapshot?.cluster
        var memberships = membership.map { [$0] } ?? []
        // One that the snapshot holds is compacted, or the same.
        for index in recovered.memberships where index > membership?.index ?? .zero {
            guard case .members(let members, let named) = try entry(at: index)?.payload else {
                continue
            }
            memberships.append(MembershipEntry(index: index, membership: members))
            // The creator's first entry names the cluster before any head of its journal does.
            cluster = cluster ?? named
        }
        self.init(
            identity: recovered.identity.node,
            cluster: cluster,
            vote: recovered.vote,
            log: recovered.terms,
            memberships: memberships,
            commit: recovered.commit,
            lost: recovered.lost,
            lastTime: try entry(at: recovered.terms.last.index)?.time
                ?? Timestamp(milliseconds: 0)
        )
        // What lies before one that cannot be read back counts as unknown: a list without gaps tells
        // that a term is missing.
        for position in recovered.terms.starts.suffix(TermOrigins.kept) {
            let found: [(position: LogPosition, line: [UInt8])]
            do throws(JournalError) {
                found = try journal.entries(
                    after: position.index.previous,
                    through: position.index,
                    maximumBytes: 1
                )
            } catch { found = [] }
            guard let first = found.first, first.position == position else {
                origins = TermOrigins()
                isOriginUnknown = true
                continue
            }
            origins.note(TermOrigin(position: position, line: first.line))
        }
        kept = recovered.kept
        mayHaveAsked = cluster != nil
    }
}

/// What a node starts from: its journal, and the state that the journal goes on from.
package struct RestoredDisk: Sendable {
    /// What the journal holds.
    package var node: RestoredNode
    /// The snapshot's state, or the one before the first entry.
    package var state: any HostedState

    /// Reads the snapshot that a journal goes on from, and what the node needs of the journal.
    ///
    /// - Throws: ``JournalError``, ``LineError``, or ``SnapshotError`` if the snapshot is of another
    ///   cluster or holds what this version does not know.
    package init(
        _ journal: ExaminedJournal,
        snapshots: SnapshotStore,
        configuration: NodeConfiguration,
        kind: any HostedState.Type
    ) throws {
        let recovered = journal.recovered
        guard let head = recovered.snapshot else {
            node = try RestoredNode(journal)
            state = kind.init(limits: .standard)
            return
        }
        if let own = recovered.identity.cluster, own != head.cluster {
            throw SnapshotError.invalid(
                "the snapshot at \(head.position) is of cluster \(head.cluster), the journal of"
                    + " \(own): the data directory holds files of two"
            )
        }
        var reader = try snapshots.read(head.position)
        let state = try kind.init(from: &reader)
        node = try RestoredNode(journal, after: state.membership)
        self.state = state
    }
}
