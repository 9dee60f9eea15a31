import Storage

/// Snapshots while the node goes on, and what the log may forget for them.
extension Node {
    /// Orders a snapshot of the state as it is, if one is due.
    ///
    /// The copy that the effect holds is free; what is written to the state from here on copies the
    /// nodes and chunks that it touches, until the copy is released.
    mutating func snapshotIfDue() {
        // One that is written behind the new one's back would remove it.
        guard let cluster, !isStopping, arrival?.isFinal != true, divergence == nil,
            snapshots.isDue(at: state.applied.index, now: now.instant)
        else { return }
        let frozen = state
        snapshots.begin(at: frozen.applied)
        effects.append(
            .snapshot(frozen.head(cluster: cluster)) { (writer) throws(SnapshotError) in
                try frozen.write(to: &writer)
            }
        )
    }

    mutating func snapshotted(_ position: LogPosition, bytes: Int) {
        log(.info, "snapshot of entry \(position): \(bytes) bytes")
        if let through = snapshots.finish(), divergence == nil {
            compactions += 1
            effects.append(.compact(through: compactable(through: through)))
        }
        sendWhatIsWritten()
        snapshotIfDue()
    }

    /// The log is whole and goes on growing: nothing to stop for.
    mutating func snapshotFailed(_ reason: String) {
        snapshots.fail(at: now.instant)
        log(
            .error,
            "no snapshot, next try in \(configuration.snapshots.retryInterval): \(reason)"
        )
    }

    mutating func compacted(before position: LogPosition) {
        compactions -= 1
        cache.compact(through: position.index)
        stepCore(.compacted(before: position))
    }

    mutating func damaged(through index: LogIndex) {
        log(.error, "a file up to entry \(index) is damaged: a snapshot will take its place")
        snapshots.damage(through: index)
        snapshotIfDue()
    }

    /// Entries that another node needs can't be read: a snapshot takes their place there too.
    ///
    /// What this node itself still has to apply it cannot do without: the next start finds the
    /// damage, and gets the entries from the others.
    mutating func unloadable(through index: LogIndex) {
        guard !loads.isEmpty else { return }
        if case .apply = loads.removeFirst() {
            effects.append(
                .halt("entries that were not applied yet are damaged: start the node again")
            )
        } else {
            damaged(through: index)
        }
    }
}
