/// Reads a snapshot line by line, a piece of the file at a time, and checks each.
public struct SnapshotReader {
    /// What the snapshot says of itself.
    public let head: SnapshotHead
    private var lines: SnapshotLines
    /// Whether the foot was read, and all is good.
    private var isWhole = false

    /// The longest line that is believed.
    package static let maximumLineBytes = 64 << 20

    init(_ file: any File, path: String) throws(SnapshotError) {
        var lines = SnapshotLines(file, path: path)
        guard let range = try lines.next() else { throw lines.damaged("the head is missing") }
        do throws(LineError) {
            head = try SnapshotHead(lines.bytes, in: range)
        } catch {
            if error.reason == SnapshotHead.newer { throw .newerFormat(file: path) }
            throw lines.damaged("the head can't be read: \(error)")
        }
        self.lines = lines
    }

    /// Reads the next line of the state.
    ///
    /// - Parameter member: Called with each member of the line but its `crc`.
    /// - Returns: Whether there was one; false once the foot is read and all is good, however often
    ///   it is asked.
    /// - Throws: ``SnapshotError/damaged(_:)``; ``SnapshotError/invalid(_:)`` for a good line that
    ///   `member` refuses: nothing that was read may be used then.
    public mutating func next(
        _ member: (String, inout JSONReader) throws(LineError) -> Void
    ) throws(SnapshotError) -> Bool {
        guard let range = try nextLine() else { return false }
        do throws(LineError) {
            var reader = JSONReader(lines.bytes, in: range)
            try reader.members { (name, reader) throws(LineError) in
                if name == "crc" { _ = try reader.string() } else { try member(name, &reader) }
            }
            try reader.finish()
        } catch { throw .invalid(lines.damage("\(error)").description) }
        return true
    }

    /// Reads to the end, or to where `goesOn` says no; it is told how much was read since.
    mutating func verify(_ goesOn: (_ bytes: Int) -> Bool) throws(SnapshotError) {
        var told = 0
        while try nextLine() != nil {
            guard lines.consumed - told >= SnapshotLines.pieceBytes else { continue }
            guard goesOn(lines.consumed - told) else { return }
            told = lines.consumed
        }
    }

    /// Where the next line of the state stands in ``SnapshotLines/bytes``, or nil behind the last.
    private mutating func nextLine() throws(SnapshotError) -> Range<Int>? {
        if isWhole { return nil }
        let before = (lines: lines.count - 1, bytes: lines.consumed, whole: lines.whole)
        guard let range = try lines.next() else { throw lines.damaged("the foot is missing") }
        do throws(LineError) { _ = try Line.check(lines.bytes, in: range) } catch {
            throw lines.damaged("the line's checksum does not fit")
        }
        guard lines.bytes.holds(SnapshotFoot.prefix, at: range.lowerBound) else { return range }
        let foot: SnapshotFoot
        do throws(LineError) { foot = try SnapshotFoot(lines.bytes, in: range) } catch {
            throw lines.damaged("\(error)")
        }
        guard foot == SnapshotFoot(lines: before.lines, bytes: before.bytes, whole: before.whole)
        else { throw lines.damaged("the lines are not those that the foot counts") }
        guard try lines.next() == nil, lines.isAtEnd else {
            throw lines.damaged("there are bytes behind the foot")
        }
        isWhole = true
        return nil
    }
}

/// The lines of a file, of which a piece is in memory.
struct SnapshotLines {
    private let file: any File
    private let path: String
    /// A piece of the file.
    private(set) var bytes: [UInt8] = []
    /// The number of lines so far.
    private(set) var count = 0
    /// The length of all lines so far, and their CRC-32C.
    private(set) var consumed = 0
    private(set) var whole: UInt32 = 0
    /// Where in ``bytes`` the next line begins.
    private var position = 0
    /// How much of the file was read.
    private var read = 0
    /// Where the line read last begins in the file.
    private var lineOffset = 0

    /// How much is read at a time, but for a line that is longer.
    static let pieceBytes = 256 << 10

    init(_ file: any File, path: String) {
        self.file = file
        self.path = path
    }

    /// Whether the whole file was read.
    var isAtEnd: Bool { position == bytes.count }

    /// The range of the next line without its line feed; nil where no line feed follows.
    mutating func next() throws(SnapshotError) -> Range<Int>? {
        var searched = position
        while true {
            if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let range = position..<end
                lineOffset = consumed
                whole = CRC32C.checksum(whole, then: bytes, in: position..<end + 1)
                consumed += range.count + 1
                count += 1
                position = end + 1
                return range
            }
            searched = bytes.count - position
            guard searched <= SnapshotReader.maximumLineBytes else { return nil }
            bytes.removeFirst(position)
            position = 0
            do throws(FileError) {
                let more = try file.read(at: read, count: max(Self.pieceBytes, bytes.count))
                guard !more.isEmpty else { return nil }
                bytes.append(contentsOf: more)
                read += more.count
            } catch { throw .file(error) }
        }
    }

    /// A finding at the line read last.
    func damage(_ reason: String) -> JournalDamage {
        JournalDamage(file: path, line: max(1, count), offset: lineOffset, reason: reason)
    }

    func damaged(_ reason: String) -> SnapshotError { .damaged(damage(reason)) }
}
