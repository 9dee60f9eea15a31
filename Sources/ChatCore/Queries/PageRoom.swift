/// The bytes that are left on a page: it ends when they are used up, and has at least one message.
struct PageRoom {
    private var left = Limits.pageBytes
    private var isEmpty = true

    /// Takes the room of a message; false if there is none left for it.
    ///
    /// - Complexity: O(*n*) in the bytes of its text.
    mutating func take(_ message: MessageView) -> Bool {
        left -= Self.bytes(message)
        defer { isEmpty = false }
        return isEmpty || left >= 0
    }

    /// About as many as the message has as JSON, with what is escaped in it.
    private static func bytes(_ message: MessageView) -> Int {
        (message.text ?? "").utf8.reduce(256) { sum, byte in
            switch byte {
            case 0..<0x20: sum + 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): sum + 2
            default: sum + 1
            }
        }
    }
}
