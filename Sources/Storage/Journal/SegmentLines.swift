/// Reads a file line by line.
struct SegmentLines {
    private let file: any File
    private let path: String
    private let closes: Bool
    private let limit: Int
    /// The offset of the next byte to read from the file.
    private var offset: Int
    private var buffer: [UInt8] = []
    private var position = 0
    /// Where the line read last begins.
    private var lineOffset = 0

    private static let chunkBytes = 64 << 10

    init(file: any File, path: String, offset: Int, limit: Int, closes: Bool) {
        self.file = file
        self.path = path
        self.offset = offset
        self.limit = limit
        self.closes = closes
    }

    /// The next line with its line feed, or nil at the end.
    mutating func next() throws(JournalError) -> [UInt8]? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: SegmentFile.lineFeed) {
                lineOffset = offset - buffer.count + position
                defer { position = end + 1 }
                return Array(buffer[position...end])
            }
            searched = buffer.count - position
            guard try readMore() else { return nil }
        }
    }

    func close() {
        if closes { file.close() }
    }

    /// Damage at the line read last, as an error.
    func damage(_ reason: String) -> JournalError {
        do throws(JournalError) { return .damaged(try finding(reason)) } catch { return error }
    }

    /// A finding at the line read last.
    func finding(_ reason: String) throws(JournalError) -> JournalDamage {
        do throws(FileError) {
            let read = try file.read(at: 0, count: lineOffset)
            return SegmentFile(number: 0, path: path, bytes: read).damage(at: lineOffset, reason)
        } catch { throw .file(error) }
    }

    /// Whether all that counts was read.
    var isAtEnd: Bool { offset == limit && position == buffer.count }

    private mutating func readMore() throws(JournalError) -> Bool {
        buffer.removeFirst(position)
        position = 0
        // Twice as much for a line that is longer than what was read of it.
        let count = min(max(Self.chunkBytes, buffer.count), limit - offset)
        guard count > 0 else { return false }
        do throws(FileError) {
            let more = try file.read(at: offset, count: count)
            buffer.append(contentsOf: more)
            offset += more.count
            return !more.isEmpty
        } catch { throw .file(error) }
    }
}
