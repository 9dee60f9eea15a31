extension Journal {
    /// The lines of entries as they were appended, at least one if there is any in the range.
    ///
    /// - Parameters:
    ///   - after: The entry before the first one wanted.
    ///   - through: The last one wanted; entries beyond the end of the log are left out.
    ///   - maximumBytes: The lines together are not longer than this, but for the first.
    /// - Returns: The entries, in order.
    /// - Throws: ``JournalError/unreadable(_:_:)`` if a line is not what was written, or can't be
    ///   read, twice: wrong data is never served. From the next compaction through that entry on
    ///   the log begins behind it. ``JournalError/file(_:)`` if no file could be opened for now.
    public func entries(
        after: LogIndex,
        through: LogIndex,
        maximumBytes: Int
    ) throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        try checkUsable()
        let reader = EntryReader(
            directory: directory,
            fileSystem: fileSystem,
            terms: state.terms,
            index: index,
            segments: segments,
            active: active
        )
        var wanted = after.next
        do throws(JournalError) {
            return try reader.entries(&wanted, through: through, maximumBytes: maximumBytes)
        } catch { guard error.damageWhileReading != nil else { throw error } }
        // It may have been the memory's or the cable's fault.
        wanted = after.next
        do throws(JournalError) {
            return try reader.entries(&wanted, through: through, maximumBytes: maximumBytes)
        } catch {
            guard let damage = error.damageWhileReading else { throw error }
            unreadable = max(unreadable, wanted)
            throw .unreadable(wanted, damage)
        }
    }
}

extension JournalError {
    /// What is wrong with a file that was to be read, unless that may pass.
    fileprivate var damageWhileReading: JournalDamage? {
        switch self {
        case .damaged(let damage): return damage
        case .file(let error):
            if error.isNoSpace || error.reason == .crashed { return nil }
            return JournalDamage(file: error.path, line: 1, offset: 0, reason: "\(error)")
        default: return nil
        }
    }
}

/// Reads entries back from a journal's files.
struct EntryReader {
    let directory: String
    let fileSystem: any FileSystem
    let terms: LogTerms
    let index: SparseIndex
    let segments: [Recovery.Segment]
    /// The file that is being written, if the reader is its writer.
    let active: ActiveSegment?

    /// See ``Journal/entries(after:through:maximumBytes:)``; from `wanted` on, which is moved behind
    /// the last entry that was read.
    func entries(
        _ wanted: inout LogIndex,
        through: LogIndex,
        maximumBytes: Int
    ) throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        let end = min(through, terms.lastIndex)
        var found: [(position: LogPosition, line: [UInt8])] = []
        var room = maximumBytes
        guard wanted <= end, wanted > terms.before.index else { return found }
        while wanted <= end, room > 0 {
            guard let (place, stretchEnd) = index.place(for: wanted) else { break }
            let last = min(end, stretchEnd?.previous ?? end)
            try read(from: place, &wanted, through: last, &room, into: &found)
        }
        return found
    }

    private func read(
        from place: SparseIndex.Place,
        _ wanted: inout LogIndex,
        through last: LogIndex,
        _ room: inout Int,
        into found: inout [(position: LogPosition, line: [UInt8])]
    ) throws(JournalError) {
        var lines = try lines(from: place)
        defer { lines.close() }
        while wanted <= last, room > 0 {
            guard let line = try lines.next() else {
                throw lines.damage("the file ends before entry \(wanted)")
            }
            guard line.holds(EntryHeader.prefix, at: 0) else { continue }
            let header: EntryHeader
            do throws(LineError) {
                _ = try Line.check(line, in: 0..<line.count - 1)
                header = try EntryHeader(line, in: 0..<line.count - 1)
            } catch { throw lines.damage("\(error)") }
            if header.position.index < wanted { continue }
            guard header.position.index == wanted,
                header.position.term == terms.term(at: wanted)
            else { throw lines.damage("entry \(header.position) where \(wanted) must be") }
            if !found.isEmpty, line.count > room {
                room = 0
                return
            }
            room -= line.count
            found.append((header.position, line))
            wanted = wanted.next
        }
    }

    private func lines(from place: SparseIndex.Place) throws(JournalError) -> SegmentLines {
        let limit = segments.last { $0.number == place.segment }?.bytes ?? 0
        let path = FilePath.join(directory, SegmentName.name(place.segment))
        do throws(FileError) {
            if let active, active.number == place.segment {
                return SegmentLines(
                    file: active.file,
                    path: path,
                    offset: place.offset,
                    limit: limit,
                    closes: false
                )
            }
            return SegmentLines(
                file: try fileSystem.openForReading(path),
                path: path,
                offset: place.offset,
                limit: limit,
                closes: true
            )
        } catch { throw .file(error) }
    }
}
