import Storage

/// What the replica and the simulator do with the files of a transfer, on the snapshots' thread.
extension SnapshotStore {
    /// Reads the next whole lines of a snapshot, to be sent to another node.
    ///
    /// - Parameters:
    ///   - position: Which one.
    ///   - offset: Where they begin.
    ///   - maximumBytes: Their length, but for a single line that is longer.
    /// - Returns: The lines, with their line feeds, and the length of the whole snapshot.
    /// - Throws: ``SnapshotError``.
    func lines(
        of position: LogPosition,
        at offset: Int,
        maximumBytes: Int
    ) throws(SnapshotError) -> (lines: [[UInt8]], whole: Int) {
        var room = maximumBytes
        while true {
            let (bytes, whole) = try chunk(of: position, at: offset, maximumBytes: room)
            var lines: [[UInt8]] = []
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(Array(bytes[start...end]))
                start = end + 1
            }
            // A long line goes alone.
            if room > maximumBytes { lines.removeSubrange(min(1, lines.count)...) }
            if !lines.isEmpty || offset >= whole { return (lines, whole) }
            guard bytes.count == room else {
                throw .invalid("the snapshot at \(position) ends within a line")
            }
            room *= 4
        }
    }

    /// Takes a piece from another node.
    ///
    /// One that does not follow is not taken; what is wanted is told all the same.
    ///
    /// - Returns: How much of the snapshot is here.
    /// - Throws: ``SnapshotError``.
    func take(
        _ piece: SnapshotPiece,
        _ lines: [[UInt8]]
    ) throws(SnapshotError) -> Int {
        let receiver = try receive(piece.position, bytes: piece.bytes)
        if receiver.offset == piece.offset, !lines.isEmpty {
            try receiver.append(lines.flatMap { $0 }, at: piece.offset)
        }
        return receiver.offset
    }

    /// Checks a snapshot that is here as a whole, gives it its name, and reads its state.
    ///
    /// - Parameters:
    ///   - position: Which one.
    ///   - bytes: Its length.
    ///   - restore: Reads the state.
    /// - Returns: What `restore` gave.
    /// - Throws: ``SnapshotError``.
    func install(
        _ position: LogPosition,
        bytes: Int,
        _ restore: (inout SnapshotReader) throws(SnapshotError) -> any HostedState
    ) throws(SnapshotError) -> any HostedState {
        _ = try receive(position, bytes: bytes).finish()
        do throws(SnapshotError) {
            var reader = try read(position)
            return try restore(&reader)
        } catch {
            // A start would take it for this node's own, and drop the log for it.
            try remove(position)
            throw error
        }
    }
}
