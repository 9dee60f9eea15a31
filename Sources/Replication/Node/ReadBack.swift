package import Storage

/// Committed lines that were read back from the journal and wait to be applied.
///
/// What is committed never changes, so what lies here stays true whatever the log does meanwhile.
package struct ReadBack: Sendable {
    private var lines: [[UInt8]] = []
    private var first = LogIndex.zero

    /// Creates an empty one.
    package init() {}

    /// The line at an index, or nil if it is not here.
    package subscript(index: LogIndex) -> [UInt8]? {
        guard index >= first, index.value - first.value < UInt64(lines.count) else { return nil }
        return lines[Int(index.value - first.value)]
    }

    /// Takes what a load gave, the first line of which is at `first`; what was here goes.
    package mutating func take(_ lines: [[UInt8]], from first: LogIndex) {
        self.lines = lines
        self.first = first
    }

    /// Forgets what is of no more use: all of it, once the last line is applied.
    package mutating func forget(through applied: LogIndex) {
        if !lines.isEmpty, self[applied.next] == nil { lines = [] }
    }
}
