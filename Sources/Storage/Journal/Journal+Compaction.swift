extension Journal {
    /// Removes the files that hold nothing behind an entry.
    ///
    /// Whole files only, and never the one being written. The caller sees to it that a snapshot
    /// holds what goes, and that nobody reads it. An entry that could not be read, and all before
    /// it, is out of the log even if its file must stay.
    ///
    /// - Parameter index: The last entry that may go.
    /// - Returns: Where the log begins now.
    /// - Throws: ``JournalError`` if the journal failed or was closed before.
    @discardableResult
    public func compact(through index: LogIndex) throws(JournalError) -> Compaction {
        try checkUsable()
        // Each file's head repeats what holds before it, and all but the last batch of the last
        // file is vouched for: nothing of the older ones is needed to read the later ones.
        // But for a head that a truncation has taken back since: without the files before it that
        // one would be taken for damage.
        // While entries are lost, what is good of them may be in any file.
        let kept =
            state.lost == nil
            ? segments.lastIndex { $0.after.index <= index && !$0.isOvertaken } ?? 0 : 0
        let dropped = segments.prefix(kept).map(\.number)
        let isSpoilt = unreadable > state.terms.before.index && unreadable <= index
        guard !dropped.isEmpty || isSpoilt else { return Compaction(before: state.terms.before) }
        segments.removeFirst(kept)
        state.terms.compact(through: max(segments[0].after.index, isSpoilt ? unreadable : .zero))
        let before = state.terms.before
        // The membership that holds at the first entry that is left may be an older one.
        let settled = state.memberships.lastIndex { $0 <= before.index } ?? 0
        state.memberships.removeFirst(settled)
        self.index.compact(segments[0].number)
        // Oldest first: what a crash leaves has no gap that a later start could stumble over.
        do throws(FileError) { try remove(dropped) } catch {
            return Compaction(before: before, leftover: error)
        }
        return Compaction(before: before)
    }

    /// Begins the log anew behind a snapshot that was installed, if it does not hold its end.
    ///
    /// If the log has that entry, it stays as it is: what lies behind the snapshot may have been
    /// acknowledged (pitfall 32). Otherwise all of it is dropped.
    ///
    /// - Parameters:
    ///   - position: The last entry that the snapshot holds; it is durable.
    ///   - membership: The last membership entry that the snapshot holds.
    /// - Throws: ``JournalError/full(_:)`` with nothing changed; ``JournalError/failed(_:)``.
    public func reset(to position: LogPosition, membership: LogIndex?) throws(JournalError) {
        try checkUsable()
        guard state.terms.term(at: position.index) != position.term else { return }
        let old = (state: state, segments: segments, index: index)
        var next = state
        next.reset(to: position, membership: membership)
        state = next
        forgetEntries()
        buffer.removeAll()
        do throws(JournalError) {
            // The new file is durable before the old ones go. A crash before that leaves the old
            // log beside a snapshot that it does not lead to, which the next start drops.
            try startSegment([], next)
        } catch {
            (state, segments, index) = old
            throw error
        }
        // While entries are lost the old files may hold what no other node has.
        guard next.lost == nil else { return }
        // What can't be removed counts for nothing, and is removed at the next start.
        do throws(FileError) { try remove(old.segments.map(\.number)) } catch {}
    }

    /// The files that are written no more, oldest first.
    var closedFiles: [ClosedFile] {
        // With a later file the log can begin, see ``compact(through:)``: others can't go yet.
        segments.indices.dropLast().compactMap { index in
            segments[(index + 1)...].first { !$0.isOvertaken }.map { next in
                ClosedFile(
                    path: FilePath.join(directory, SegmentName.name(segments[index].number)),
                    bytes: segments[index].bytes,
                    last: next.after.index
                )
            }
        }
    }

    /// Removes files of the journal, in this order.
    func remove(_ numbers: [UInt64]) throws(FileError) {
        for number in numbers {
            try fileSystem.remove(FilePath.join(directory, SegmentName.name(number)))
        }
    }

    /// Forgets all files and where entries stand.
    func forgetEntries() {
        segments = []
        index = SparseIndex(strideBytes: configuration.indexBytes)
    }
}

/// What a compaction did.
public struct Compaction: Hashable, Sendable {
    /// The position before the first entry that is left.
    public var before: LogPosition
    /// Why a file could not be removed, if one could not: from the next start on it is part of the
    /// log again, and goes with the next compaction.
    public var leftover: FileError?

    /// Creates what a compaction did.
    public init(before: LogPosition, leftover: FileError? = nil) {
        self.before = before
        self.leftover = leftover
    }
}
