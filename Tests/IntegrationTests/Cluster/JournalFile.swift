import Storage

/// A file of a stopped node's journal, to be tampered with.
struct JournalFile {
    /// Where a batch lies: its head's line, then its body.
    struct Placed {
        var offset: Int
        var body: Range<Int>
    }

    let path: String
    private(set) var bytes: [UInt8]
    /// The batches that hold anything, oldest first.
    private(set) var batches: [Placed] = []

    init(_ path: String) throws {
        self.path = path
        let file = try DiskFileSystem().open(path)
        defer { file.close() }
        bytes = try file.read(at: 0, count: try file.size())
        var offset = 0
        // An empty line is the filling of the file, which nothing follows.
        while let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")), end > offset {
            if bytes[offset..<end].starts(with: "{\"batch\":".utf8) {
                let body = end + 1..<end + 1 + (try Self.length(Array(bytes[offset..<end])))
                if !body.isEmpty { batches.append(Placed(offset: offset, body: body)) }
            }
            offset = end + 1
        }
    }

    /// Replaces bytes.
    mutating func change(_ range: Range<Int>, _ change: (UInt8) -> UInt8) {
        for offset in range { bytes[offset] = change(bytes[offset]) }
    }

    /// Replaces all bytes from an offset on.
    mutating func fill(from offset: Int, with byte: UInt8) {
        bytes.replaceSubrange(offset..., with: repeatElement(byte, count: bytes.count - offset))
    }

    /// Cuts the file.
    mutating func cut(to count: Int) { bytes.removeLast(bytes.count - count) }

    /// Takes back the empty batches after the last one that holds anything, as if the node had
    /// crashed before it wrote them.
    mutating func forgetIdleBatches() {
        guard let last = batches.last else { return }
        fill(from: last.body.upperBound, with: UInt8(ascii: "\n"))
    }

    /// Puts the bytes into the file.
    func write() throws {
        let file = try DiskFileSystem().open(path)
        defer { file.close() }
        try file.truncate(to: bytes.count)
        try file.write(bytes, at: 0)
        try file.synchronize()
    }

    private static func length(_ head: [UInt8]) throws(LineError) -> Int {
        var length = 0
        var reader = JSONReader(head)
        try reader.members { (name, reader) throws(LineError) in
            if name == "bytes" { length = try reader.count() } else { _ = try reader.skip() }
        }
        return length
    }
}
