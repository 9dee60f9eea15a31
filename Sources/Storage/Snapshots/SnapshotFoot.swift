/// The last line of a snapshot, without which it is not whole.
///
/// `{"foot":{"lines":12,"bytes":4096,"whole":"9a0b1c2d"},"crc":"…"}`
struct SnapshotFoot: Hashable {
    /// The number of lines between head and foot.
    var lines: Int
    /// The length of all before the foot.
    var bytes: Int
    /// The CRC-32C of all before the foot: lines that are good each, but lost, doubled or moved.
    var whole: UInt32

    static let prefix = Array("{\"foot\":".utf8)

    func write(to writer: inout JSONWriter) {
        Line.write(to: &writer) { writer in
            writer.key("foot")
            writer.beginObject()
            writer.member("lines", lines)
            writer.member("bytes", bytes)
            writer.member("whole", whole.padded(to: 8, radix: 16))
            writer.endObject()
        }
    }

    /// Reads a foot whose seal was checked.
    init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        var found: SnapshotFoot?
        try Line.read(bytes, in: range) { (name, reader) throws(LineError) in
            guard name == "foot", found == nil else { throw reader.unknown(name) }
            found = try Self.read(&reader)
        }
        self = try JSONReader(bytes, in: range).require(found, "foot")
    }

    init(lines: Int, bytes: Int, whole: UInt32) {
        self.lines = lines
        self.bytes = bytes
        self.whole = whole
    }

    private static func read(_ reader: inout JSONReader) throws(LineError) -> SnapshotFoot {
        var lines: Int?
        var bytes: Int?
        var whole: UInt32?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "lines": lines = try reader.count()
            case "bytes": bytes = try reader.count()
            case "whole":
                let text = try reader.string()
                whole = text.utf8.count == 8 ? UInt32(digits: text, radix: 16) : nil
            default: throw reader.unknown(name)
            }
        }
        return SnapshotFoot(
            lines: try reader.require(lines, "lines"),
            bytes: try reader.require(bytes, "bytes"),
            whole: try reader.require(whole, "whole")
        )
    }
}
