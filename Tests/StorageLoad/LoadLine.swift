import Storage

/// Entries whose every byte follows from a seed, the index and the term.
struct LoadLine: Equatable {
    var seed: UInt64
    /// The length of a line with its line feed; no line is shorter than its frame.
    var lineBytes: Int

    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-".utf8
    )

    func bytes(_ position: LogPosition) -> [UInt8] {
        var writer = JSONWriter(reserving: lineBytes)
        writer.beginObject()
        writer.member("index", position.index.value)
        writer.member("term", position.term.value)
        writer.member("time", 1_763_697_600_000 + position.index.value)
        let room = lineBytes - writer.count - #","op":"""#.utf8.count - Line.sealBytes - 1
        writer.member("op", text(position, count: max(0, room)))
        writer.seal(from: 0)
        return writer.bytes
    }

    private func text(_ position: LogPosition, count: Int) -> String {
        var generator = SeededGenerator(
            seed: seed ^ position.index.value << 20 ^ position.term.value
        )
        var text: [UInt8] = []
        text.reserveCapacity(count + 10)
        while text.count < count {
            var random = generator.next()
            for _ in 0..<10 {
                text.append(Self.letters[Int(random & 63)])
                random >>= 6
            }
        }
        return String(decoding: text.prefix(count), as: UTF8.self)
    }
}
