/// Writes a snapshot's lines, a piece at a time; only ``SnapshotStore`` makes one.
public struct SnapshotWriter {
    private let file: any File
    private var writer = JSONWriter()
    private var piece: [UInt8] = []
    /// The length of what was written to the file.
    private var written = 0
    private var synced = 0
    private var lines = 0
    private var whole: UInt32 = 0

    /// How much is written at a time, and how much waits for a sync at most: a large one would hold
    /// up the journal's.
    private static let pieceBytes = 256 << 10
    private static let syncBytes = 4 << 20

    init(_ file: any File, _ head: SnapshotHead) {
        self.file = file
        head.write(to: &writer)
        piece = writer.bytes
    }

    /// Writes one line, sealed.
    ///
    /// - Parameter members: Writes the members of the object, at least one; `snapshot` and `foot`
    ///   can't be the first.
    /// - Throws: ``SnapshotError/file(_:)`` if the disk fails, ``SnapshotError/invalid(_:)`` for
    ///   members that no line has, and for a value that has no canonical form. Pass both on: there
    ///   will be no snapshot.
    public mutating func line(
        _ members: (inout JSONWriter) -> Void
    ) throws(SnapshotError) {
        writer.removeAll()
        Line.write(to: &writer, members)
        if let failure = writer.failure {
            throw .invalid("a line of the snapshot cannot be written: \(failure)")
        }
        guard writer.deepest <= JSONReader.maximumDepth else {
            throw .invalid(
                "a line of the snapshot is nested \(writer.deepest) deep; \(JSONReader.maximumDepth)"
                    + " is the most"
            )
        }
        let bytes = writer.bytes
        guard bytes.count > Line.sealBytes + 2 else {
            throw .invalid("a snapshot's line without members")
        }
        guard !bytes.holds(SnapshotHead.prefix, at: 0),
            !bytes.holds(SnapshotFoot.prefix, at: 0)
        else { throw .invalid("a snapshot's line begins with a member of its own kind") }
        guard bytes.count <= SnapshotReader.maximumLineBytes else {
            throw .invalid(
                "a snapshot's line has \(bytes.count) bytes; "
                    + "\(SnapshotReader.maximumLineBytes) are the most"
            )
        }
        lines += 1
        try append(bytes)
    }

    /// Writes the foot, and makes all durable.
    ///
    /// - Returns: The length of the file.
    mutating func finish() throws(SnapshotError) -> Int {
        try writePiece()
        writer.removeAll()
        SnapshotFoot(lines: lines, bytes: written, whole: whole).write(to: &writer)
        piece = writer.bytes
        try writePiece()
        do throws(FileError) { try file.synchronize() } catch { throw .file(error) }
        return written
    }

    private mutating func append(_ bytes: [UInt8]) throws(SnapshotError) {
        piece.append(contentsOf: bytes)
        if piece.count >= Self.pieceBytes { try writePiece() }
    }

    private mutating func writePiece() throws(SnapshotError) {
        do throws(FileError) {
            try file.write(piece, at: written)
            whole = CRC32C.checksum(whole, then: piece, in: piece.indices)
            written += piece.count
            piece.removeAll(keepingCapacity: true)
            guard written - synced >= Self.syncBytes else { return }
            try file.synchronize()
            synced = written
        } catch { throw .file(error) }
    }
}
