import Storage

/// When a snapshot is due, and how much of the log stays behind it.
///
/// One at a time. Bytes are counted from the start of the process on, so after a start more of the
/// log stays than must, never less.
struct SnapshotSchedule: Sendable {
    private struct Writing: Sendable {
        var position: LogPosition
        /// The last entry that need not stay once it is written, or zero.
        var through: LogIndex
        /// Whether the newest one is of no use to others until this one is written.
        var isDemanded: Bool
    }

    /// The newest that is durable, or zero.
    private(set) var newest: LogPosition
    private let limits: SnapshotLimits
    private var writing: Writing?
    /// What a damaged file held: a snapshot must cover it, so that the file can go.
    private var damaged: LogIndex?
    private var retryAt: Instant?
    /// Whether one is to be written now, whatever is new.
    private var isDemanded = false
    /// The bytes of all entries that were applied, and of those at the last snapshot.
    private(set) var appliedBytes: UInt64 = 0
    private var bytesAtLast: UInt64 = 0
    /// Some entries with ``appliedBytes`` at each; the first is a window of bytes behind.
    private var marks: [(index: LogIndex, bytes: UInt64)] = []

    init(limits: SnapshotLimits, newest: LogPosition) {
        self.limits = limits
        self.newest = newest
    }

    /// Counts an entry that was applied.
    mutating func applied(_ index: LogIndex, bytes: Int) {
        appliedBytes += UInt64(bytes)
        let step = UInt64(limits.trailingBytes / 16)
        if appliedBytes - (marks.last?.bytes ?? 0) > step { marks.append((index, appliedBytes)) }
        while marks.count > 1, isWindow(from: marks[1].bytes) { marks.removeFirst() }
    }

    private func isWindow(from bytes: UInt64) -> Bool {
        appliedBytes - bytes >= UInt64(limits.trailingBytes)
    }

    /// Whether one is to be written of the state at `index`.
    func isDue(at index: LogIndex, now: Instant) -> Bool {
        guard writing == nil, index > .zero, retryAt.map({ $0 <= now }) ?? true else {
            return false
        }
        if isDemanded { return true }
        if let damaged { return damaged <= index }
        guard index > newest.index else { return false }
        return index.value - newest.index.value >= limits.entries
            || appliedBytes - bytesAtLast >= UInt64(limits.bytes)
    }

    /// One is being written, of the last entry that was applied.
    mutating func begin(at position: LogPosition) {
        var through = LogIndex.zero
        if let mark = marks.first, isWindow(from: mark.bytes),
            position.index.value > limits.trailingEntries
        {
            // Of the two windows the larger one stays.
            through = min(mark.index, LogIndex(position.index.value - limits.trailingEntries))
        }
        writing = Writing(
            position: position,
            through: limits.compacts ? through : .zero,
            isDemanded: isDemanded
        )
        isDemanded = false
        bytesAtLast = appliedBytes
        retryAt = nil
    }

    /// The one under way is durable.
    ///
    /// - Returns: Up to where the log need not stay, if there is such an entry.
    mutating func finish() -> LogIndex? {
        guard let done = writing else { return nil }
        writing = nil
        newest = max(newest, done.position)
        var through = done.through
        if let damaged, damaged <= done.position.index {
            // What cannot be read is of no use to anybody who is behind.
            through = max(through, damaged)
            self.damaged = nil
        }
        return through > .zero ? through : nil
    }

    /// The one under way could not be written; another is tried after a while.
    mutating func fail(at now: Instant) {
        isDemanded = isDemanded || writing?.isDemanded == true
        writing = nil
        retryAt = now + limits.retryInterval
    }

    /// The snapshot to send to others, or nil if there is none that is good.
    var sendable: LogPosition? {
        newest == .zero || isDemanded || writing?.isDemanded == true ? nil : newest
    }

    /// Another one is to be written, though little is new: there is none, or it is damaged.
    mutating func demand() { isDemanded = writing?.isDemanded != true }

    /// One was taken from another node: the log begins behind it.
    mutating func installed(_ position: LogPosition) {
        newest = position
        marks.removeAll()
        bytesAtLast = appliedBytes
        if let damaged, damaged <= position.index { self.damaged = nil }
    }

    /// A file was found damaged that holds nothing behind an entry.
    mutating func damage(through index: LogIndex) { damaged = max(index, damaged ?? .zero) }
}
