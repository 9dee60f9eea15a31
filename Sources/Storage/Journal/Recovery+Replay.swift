extension Recovery {
    /// Reads a file that others follow: all that counts of it must be good.
    mutating func readOlder(_ file: SegmentFile) throws(JournalError) {
        guard let (head, bodyOffset) = try readHead(of: file, mayBeTorn: false) else { return }
        try enter(head, of: file)
        var offset = bodyOffset
        while offset < file.bytes.count {
            let (batch, _) = try file.batch(nextBatch, at: offset, mayBeTorn: false)
            guard let batch else { break }
            try apply(batch, of: file)
            offset = batch.bodyOffset + batch.head.bytes
        }
        segments.append(Segment(number: file.number, bytes: file.bytes.count))
    }

    /// Reads the last file; its last batch is checked and kept back.
    mutating func readLast(_ top: Top) throws(JournalError) {
        let (file, head, bodyOffset) = top
        try enter(head, of: file)
        var offset = bodyOffset
        while offset < file.bytes.count, !file.isBlank(from: offset) {
            guard !file.isClosed(at: offset) else {
                let next = SegmentName.name(file.number + 1)
                throw file.damage(at: offset, "the file is closed, but \(next) is missing")
            }
            let number = nextBatch + (lastBatch == nil ? 0 : 1)
            let (batch, note) = try file.batch(number, at: offset, mayBeTorn: true)
            if let note { notes.append(note) }
            guard let batch else { break }
            if let complete = lastBatch { try apply(complete, of: file) }
            lastBatch = batch
            if batch.tear != nil { break }
            offset = batch.bodyOffset + batch.head.bytes
        }
        guard let lastBatch else { return }
        var checked = self
        try checked.apply(lastBatch, of: file)
        // A file of one batch counts for nothing once that batch is written again.
        if lastBatch.offset > bodyOffset {
            segments.append(Segment(number: file.number, bytes: lastBatch.offset))
        }
    }

    /// Takes in the head of a file, which must repeat what the files before it say.
    private mutating func enter(
        _ head: SegmentHead,
        of file: SegmentFile
    ) throws(JournalError) {
        var known = state ?? JournalState(identity: head.identity)
        if known.identity.cluster == nil { known.identity.cluster = head.identity.cluster }
        guard known.head(segment: file.number, previous: head.previous) == head else {
            throw file.damage(at: 0, "the head contradicts the files before it")
        }
        state = known
    }

    private mutating func apply(
        _ batch: Batch,
        of file: SegmentFile
    ) throws(JournalError) {
        guard var next = state else { return }
        for placed in batch.lines {
            if let rule = next.apply(placed.line) { throw file.damage(at: placed.offset, rule) }
            index.apply(placed.line, segment: file.number, offset: placed.offset)
        }
        guard
            batch.tear != nil
                || (next.terms.last == batch.head.through && next.term == batch.head.term)
        else {
            throw file.damage(
                at: batch.offset,
                "batch \(batch.head.number) does not hold what its head says"
            )
        }
        state = next
        nextBatch += 1
    }
}
