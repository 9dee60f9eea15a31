/// A journal's file as recovery sees it: its bytes, and which of them were never written.
struct SegmentFile {
    let number: UInt64
    let path: String
    /// What counts of it.
    let bytes: [UInt8]
    /// Why some of it could not be read, if so.
    var fault: FileError?

    /// The end of the line that begins at `offset`, before its line feed; nil if it has none.
    func lineEnd(from offset: Int) -> Int? {
        guard offset < bytes.count else { return nil }
        return bytes[offset...].firstIndex(of: Self.lineFeed)
    }

    /// Whether `range` holds bytes that were never written.
    ///
    /// Those read as NUL (beyond the old end of the file) or as the line feeds that the file was
    /// filled with. A line is never empty, so two line feeds in a row are none of a batch's own. A
    /// lone NUL within a sector is no unwritten byte, since disks write whole sectors: it is a
    /// flipped bit of a space or an `@`.
    func hasUnwritten(in range: Range<Int>) -> Bool {
        range.clamped(to: bytes.indices).contains { offset in
            switch bytes[offset] {
            case Self.lineFeed: offset == 0 || bytes[offset - 1] == Self.lineFeed
            case 0: !isLone(offset)
            default: false
            }
        }
    }

    /// Whether a head that can't be read was never written completely.
    ///
    /// Its length is not known, so its line must be cut off: by unwritten bytes or by the end of the
    /// file. A line that ends in a seal is whole, and bad, unless a sector before the seal was never
    /// written. So is one that begins with other bytes than its own, each of which was written or was
    /// not; a lone byte is a flipped bit of the filling.
    func isUnwrittenHead(_ prefixes: [[UInt8]], at offset: Int) -> Bool {
        let mayBeCutOff = prefixes.contains { prefix in
            let start = bytes[offset...].prefix(prefix.count)
            return start.count { !Self.isFill($0) } < 2
                || zip(start, prefix).allSatisfy { $0 == $1 || Self.isFill($0) }
        }
        guard mayBeCutOff else { return false }
        guard let end = lineEnd(from: offset) else { return true }
        let hasSeal =
            end - offset > Line.sealBytes && bytes[end - 1] == UInt8(ascii: "}")
            && bytes.holds(Self.seal, at: end - Line.sealBytes)
        if hasSeal, !hasGap(in: offset..<end) { return false }
        return end + 1 >= bytes.count || hasUnwritten(in: offset..<end + 2)
    }

    /// Whether bytes within a line were never written: several in a row, which no flipped bit makes.
    private func hasGap(in range: Range<Int>) -> Bool {
        let line = bytes[range.clamped(to: bytes.indices)]
        return zip(line, line.dropFirst()).contains { $0 == 0 && $1 == 0 }
    }

    /// Whether nothing but unwritten bytes lies from `offset` on.
    func isBlank(from offset: Int) -> Bool {
        !bytes[offset...].contains { !Self.isFill($0) }
    }

    /// The end of the last byte that was written and is no line feed.
    var contentEnd: Int { bytes.lastIndex { !Self.isFill($0) }.map { $0 + 1 } ?? 0 }

    /// Where the last line begins.
    var lastLine: Int {
        bytes[..<contentEnd].lastIndex(of: Self.lineFeed).map { $0 + 1 } ?? 0
    }

    /// Calls `body` with the range of each line, from its first byte to its line feed.
    func forEachLine(from offset: Int = 0, _ body: (_ start: Int, _ end: Int) -> Void) {
        var start = offset
        while let end = lineEnd(from: start) {
            if end > start { body(start, end) }
            start = end + 1
        }
    }

    /// The numbers of the batches that begin at `offset` or later; a `closed` line counts as one.
    func batches(from offset: Int) -> [UInt64] {
        var found: [UInt64] = []
        forEachLine(from: offset) { start, end in
            if bytes.holds(BatchHead.prefix, at: start) {
                // A line that can't be read bounds nothing: not an error here.
                if let head = try? BatchHead(bytes, in: start..<end) { found.append(head.number) }
            } else if isClosed(at: start) {
                found.append(.max)
            }
        }
        return found
    }

    /// Whether a good `closed` line begins at `offset`.
    func isClosed(at offset: Int) -> Bool {
        guard bytes.holds(ClosedLine.prefix, at: offset), let end = lineEnd(from: offset) else {
            return false
        }
        return (try? Line.check(bytes, in: offset..<end)) != nil
    }

    /// A note on bytes that are dropped from `offset` on.
    func dropped(from offset: Int, _ reason: String) -> String {
        "\(path), line \(line(of: offset)) (byte \(offset)): dropped "
            + "\(max(0, contentEnd - offset)) bytes that were never acknowledged: \(reason)"
    }

    /// A finding at `offset`.
    func damage(at offset: Int, _ reason: String) -> JournalDamage {
        let reason = fault.map { "\(reason) (\($0))" } ?? reason
        return JournalDamage(file: path, line: line(of: offset), offset: offset, reason: reason)
    }

    private func line(of offset: Int) -> Int {
        bytes.prefix(offset).reduce(1) { $1 == Self.lineFeed ? $0 + 1 : $0 }
    }

    private func isLone(_ offset: Int) -> Bool {
        let inSector = offset % 512
        return inSector != 0 && inSector != 511 && offset + 1 < bytes.count
            && bytes[offset - 1] != 0 && bytes[offset + 1] != 0
    }

    private static func isFill(_ byte: UInt8) -> Bool { byte == lineFeed || byte == 0 }

    static let lineFeed = UInt8(ascii: "\n")
    private static let seal = Array(",\"crc\":\"".utf8)
}
