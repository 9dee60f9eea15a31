package import Storage

/// A piece that was read, or why not.
package struct SnapshotRead: Sendable {
    /// Which snapshot.
    package var position: LogPosition
    /// Where the piece begins.
    package var offset: Int
    /// The lines, and the length of the whole snapshot.
    package var result: Result<(lines: [[UInt8]], whole: Int), SnapshotError>

    /// Creates a report.
    package init(
        _ position: LogPosition,
        offset: Int,
        _ result: Result<(lines: [[UInt8]], whole: Int), SnapshotError>
    ) {
        self.position = position
        self.offset = offset
        self.result = result
    }
}
