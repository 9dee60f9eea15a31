package import Storage

/// The newest lines of the log, by index, within a limit of bytes.
///
/// Older lines are read back from the journal. What is not applied yet is never dropped.
package struct EntryCache: Sendable {
    private var lines: [[UInt8]] = []
    /// How many of `lines` were dropped from the front and wait to be removed together.
    private var dropped = 0
    /// The index before the first line that is held.
    package private(set) var before: LogIndex
    private var heldBytes = 0
    private let maximumBytes: Int

    /// Creates an empty cache that goes on after `before`.
    package init(after before: LogIndex, maximumBytes: Int) {
        self.before = before
        self.maximumBytes = maximumBytes
    }

    /// The index of the newest line, or `before`.
    package var last: LogIndex { LogIndex(before.value + UInt64(lines.count - dropped)) }

    /// The line at an index, or nil if it is not held.
    package subscript(index: LogIndex) -> [UInt8]? {
        guard index > before, index <= last else { return nil }
        return lines[dropped + Int(index.value - before.value) - 1]
    }

    /// The lines of a range, or nil if one is not held.
    package func lines(in range: ClosedRange<LogIndex>) -> [[UInt8]]? {
        guard range.lowerBound > before, range.upperBound <= last else { return nil }
        let first = dropped + Int(range.lowerBound.value - before.value) - 1
        let end = dropped + Int(range.upperBound.value - before.value)
        return Array(lines[first..<end])
    }

    /// Adds the line after the newest.
    package mutating func append(_ line: [UInt8]) {
        lines.append(line)
        heldBytes += line.count
    }

    /// Forgets the lines after `index` (pitfall 18).
    package mutating func truncate(after index: LogIndex) {
        guard index < last else { return }
        if index <= before {
            lines.removeAll()
            (dropped, heldBytes, before) = (0, 0, index)
            return
        }
        let keep = dropped + Int(index.value - before.value)
        for line in lines[keep...] { heldBytes -= line.count }
        lines.removeSubrange(keep...)
    }

    /// Forgets the lines up to and with `index`, which the journal no longer holds.
    package mutating func compact(through index: LogIndex) {
        let end = min(index, last)
        while before < end { dropFirst() }
        giveBack()
    }

    /// Drops the oldest lines beyond the limit, but none after `index`.
    package mutating func trim(through index: LogIndex) {
        while heldBytes > maximumBytes, before < index, dropped < lines.count { dropFirst() }
        giveBack()
    }

    private mutating func dropFirst() {
        heldBytes -= lines[dropped].count
        lines[dropped] = []
        dropped += 1
        before = before.next
    }

    /// Moving the rest to the front costs its length: only when half of it is waste.
    private mutating func giveBack() {
        if dropped > 1_024, dropped * 2 > lines.count {
            lines.removeFirst(dropped)
            dropped = 0
        }
    }
}
