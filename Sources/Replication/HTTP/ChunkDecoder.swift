/// Takes a chunked body apart (RFC 9112 §7.1).
///
/// As strict as the head: CR LF only, a size of at most 8 hexadecimal digits; extensions and
/// trailer fields must be of their grammar, and are then forgotten.
struct ChunkDecoder: Sendable {
    /// The bytes are not a chunked body.
    struct Malformed: Error, Hashable, Sendable {}

    private enum Phase {
        case size(digits: Int)
        case `extension`
        case sizeEnd
        case data
        case dataReturn
        case dataFeed
        case trailer
        case trailerFeed(isLast: Bool)
        case done
    }

    private var phase = Phase.size(digits: 0)
    /// Of the chunk: the size while it is read, then how much is left.
    private var remaining = 0
    /// The extensions, or the trailer's line, as far as they have come.
    private var line: [UInt8] = []
    /// Of extensions and trailers, so that they cannot go on for ever.
    private var overheadBytes = 0
    private static let maximumOverheadBytes = 8 << 10

    /// Whether the last chunk and the trailers were read.
    var isDone: Bool { if case .done = phase { true } else { false } }

    /// Reads from `offset` on, which it moves, and appends what is body to `body`.
    mutating func decode(
        _ bytes: [UInt8],
        from offset: inout Int,
        into body: inout [UInt8]
    ) throws(Malformed) {
        while offset < bytes.count, !isDone {
            if case .data = phase {
                let count = min(remaining, bytes.count - offset)
                body.append(contentsOf: bytes[offset..<offset + count])
                offset += count
                remaining -= count
                if remaining == 0 { phase = .dataReturn }
            } else {
                try step(bytes[offset])
                offset += 1
            }
        }
    }

    private mutating func step(_ byte: UInt8) throws(Malformed) {
        switch phase {
        case .size(let digits): try readSize(byte, digits: digits)
        case .extension:
            guard byte == ASCII.carriageReturn else { return try gather(byte) }
            guard ChunkExtensions.areValid(line[...]) else { throw Malformed() }
            line.removeAll()
            phase = .sizeEnd
        case .sizeEnd:
            try expect(ASCII.lineFeed, byte)
            phase = remaining > 0 ? .data : .trailer
        case .dataReturn:
            try expect(ASCII.carriageReturn, byte)
            phase = .dataFeed
        case .dataFeed:
            try expect(ASCII.lineFeed, byte)
            phase = .size(digits: 0)
        case .trailer: try readTrailer(byte)
        case .trailerFeed(let isLast):
            try expect(ASCII.lineFeed, byte)
            phase = isLast ? .done : .trailer
        case .data, .done: throw Malformed()
        }
    }

    private mutating func readSize(_ byte: UInt8, digits: Int) throws(Malformed) {
        if let digit = ASCII.hexValue(byte) {
            guard digits < 8 else { throw Malformed() }
            remaining = (digits == 0 ? 0 : remaining << 4) | Int(digit)
            phase = .size(digits: digits + 1)
        } else if digits > 0, byte == ASCII.carriageReturn {
            phase = .sizeEnd
        } else if digits > 0, byte == UInt8(ascii: ";") {
            phase = .extension
            try gather(byte)
        } else {
            throw Malformed()
        }
    }

    private mutating func readTrailer(_ byte: UInt8) throws(Malformed) {
        guard byte == ASCII.carriageReturn else { return try gather(byte) }
        let isLast = line.isEmpty
        guard isLast || ASCII.isField(line[...]) else { throw Malformed() }
        line.removeAll(keepingCapacity: true)
        phase = .trailerFeed(isLast: isLast)
    }

    private mutating func gather(_ byte: UInt8) throws(Malformed) {
        overheadBytes += 1
        guard overheadBytes <= Self.maximumOverheadBytes, ASCII.isFieldValue(byte) else {
            throw Malformed()
        }
        line.append(byte)
    }

    private func expect(_ expected: UInt8, _ byte: UInt8) throws(Malformed) {
        guard byte == expected else { throw Malformed() }
    }
}
