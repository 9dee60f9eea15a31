extension Recovery {
    /// Reads files, oldest first, to the end or to the first damage.
    mutating func replay(_ links: [Link]) throws(JournalError) {
        var first = 0
        while let (place, damage) = try replay(links[first...]) {
            // All entries before a later file may be in the snapshot: the log then begins there.
            guard let later = try laterStart(in: links, behind: place) else {
                damages.append(damage)
                return
            }
            notes.append("\(damage); the snapshot holds what was there")
            covered.append(damage)
            state = nil
            segments = []
            lastBatch = nil
            index = SparseIndex(strideBytes: configuration.indexBytes)
            first = later
        }
    }

    /// The last file behind `place` that the log may begin with.
    ///
    /// All before it must be in the snapshot, and no truncation may take back what its head says.
    private func laterStart(in links: [Link], behind place: Int) throws(JournalError) -> Int? {
        var lowest = LogIndex(.max)
        for later in links.indices.reversed() where later > place {
            let file = try read(links[later].number, first: links[later].limit ?? .max)
            file.forEachLine { start, end in
                // A line that can't be read ends what counts before it takes anything back.
                guard let line = try? JournalLine(file.bytes, in: start..<end),
                    case .truncate(let last) = line
                else { return }
                lowest = min(lowest, last)
            }
            let after = links[later].head.after.index
            if after <= min(snapshot.index, lowest) { return later }
        }
        return nil
    }

    /// - Returns: Where the first damage is, if there is any.
    private mutating func replay(
        _ links: ArraySlice<Link>
    ) throws(JournalError) -> (place: Int, damage: JournalDamage)? {
        for place in links.indices {
            let isLast = place == links.endIndex - 1
            if let damage = try replay(links[place], isLast: isLast) { return (place, damage) }
        }
        return nil
    }

    /// Reads a file up to its end or to the first damage; the last batch there is kept back.
    private mutating func replay(
        _ link: Link,
        isLast: Bool
    ) throws(JournalError) -> JournalDamage? {
        let file = try read(link.number, first: link.limit ?? .max)
        if let damage = try enter(link, of: file) { return damage }
        last = link
        segments.append(Segment(number: link.number, bytes: 0, after: link.head.after))
        var end = link.bodyOffset
        var damage: JournalDamage?
        reading: while damage == nil, end < file.bytes.count, !(isLast && file.isBlank(from: end)) {
            if isLast, file.isClosed(at: end) {
                let number = nextBatch + (lastBatch == nil ? 0 : 1)
                guard try hasBatch(from: number, behind: file.number) else {
                    // It may be there, but without a head that can be read.
                    throw .damaged(damages.first ?? lostSuccessor(of: file, at: end))
                }
                break
            }
            let number = nextBatch + (lastBatch == nil ? 0 : 1)
            let found = file.batch(number, at: end, mayBeTorn: isLast)
            switch found {
            case .complete(let batch):
                damage = applyLast(of: file)
                if damage == nil { lastBatch = batch }
                end = batch.end
            case .torn(let batch, let note):
                damage = applyLast(of: file)
                if damage == nil { lastBatch = batch }
                notes.append(note)
                break reading
            case .tornHead(let note):
                notes.append(note)
                break reading
            case .damaged(let batch?, let reason):
                damage = applyLast(of: file)
                if damage == nil {
                    lastBatch = batch
                    damage = reason
                }
            case .damaged(nil, let reason): damage = reason
            }
        }
        if damage == nil, let limit = link.limit, limit > file.bytes.count {
            damage = file.damage(
                at: file.bytes.count,
                "the file ends before byte \(limit), which it had"
            )
        }
        damage = checkLast(of: file) ?? damage
        finish(link, file, isLast: isLast || damage != nil)
        return damage
    }

    /// Notes how much of a file counts.
    private mutating func finish(_ link: Link, _ file: SegmentFile, isLast: Bool) {
        var bytes = file.bytes.count
        if isLast {
            // A file of one batch counts for nothing once that batch is written again.
            guard let lastBatch, lastBatch.offset > link.bodyOffset else {
                segments.removeLast()
                return
            }
            bytes = lastBatch.offset
        } else {
            // It was checked, and another batch vouches for it.
            _ = applyLast(of: file)
        }
        segments[segments.count - 1].bytes = bytes
    }

    private func lostSuccessor(of file: SegmentFile, at offset: Int) -> JournalDamage {
        let next = SegmentName.name(file.number + 1)
        return file.damage(at: offset, "the file is closed, but \(next) is missing")
    }

    /// Takes in the head of a file, which must repeat what the files before it say.
    ///
    /// - Throws: ``JournalError/damaged(_:)`` for a file of another journal, which no disk did.
    private mutating func enter(
        _ link: Link,
        of file: SegmentFile
    ) throws(JournalError) -> JournalDamage? {
        guard var known = state else {
            state = JournalState(link.head)
            nextBatch = link.head.batch ?? 1
            return nil
        }
        let head = link.head
        if known.identity.cluster == nil { known.identity.cluster = head.identity.cluster }
        // The start that found damage wrote it there.
        if let lost = head.lost { known.lost = lost }
        guard known.identity == head.identity else {
            throw .damaged(
                file.damage(
                    at: 0,
                    "the file is of \(head.identity), the ones before it of \(known.identity)"
                )
            )
        }
        let expected = known.head(segment: file.number, batch: nextBatch, previous: head.previous)
        guard expected.agrees(with: head) else {
            return file.damage(at: 0, "the head contradicts the files before it")
        }
        state = known
        return nil
    }

    /// Takes in the batch that was kept back.
    ///
    /// - Returns: What is wrong with it; its good lines are kept back then.
    private mutating func applyLast(of file: SegmentFile) -> JournalDamage? {
        guard let batch = lastBatch, var next = state else { return nil }
        if let damage = check(batch, &next, of: file) { return damage }
        for placed in batch.lines {
            index.apply(placed.line, segment: file.number, offset: placed.offset)
        }
        segments.apply(batch.lines)
        state = next
        nextBatch += 1
        lastBatch = nil
        return nil
    }

    /// Whether the lines that were kept back follow from what lies before them.
    private mutating func checkLast(of file: SegmentFile) -> JournalDamage? {
        guard let batch = lastBatch, var next = state else { return nil }
        return check(batch, &next, of: file)
    }

    private mutating func check(
        _ batch: Batch,
        _ next: inout JournalState,
        of file: SegmentFile
    ) -> JournalDamage? {
        for (place, placed) in batch.lines.enumerated() {
            if let rule = next.apply(placed.line) {
                lastBatch?.cut(to: place)
                return file.damage(at: placed.offset, rule)
            }
        }
        next.know(commit: batch.commit)
        guard
            !batch.isComplete
                || (next.terms.last == batch.head.through && next.term == batch.head.term)
        else {
            return file.damage(
                at: batch.offset,
                "batch \(batch.head.number) does not hold what its head says"
            )
        }
        return nil
    }
}
