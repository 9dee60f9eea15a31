package import Storage

/// A chained digest of a state: over the one before, the seal of the applied entry's line, and the
/// output.
///
/// 64 bits, by two checksums and a mixing of bits: it is to find faults, not forgers, and costs a
/// tenth of a cryptographic one. Once two nodes differ, they go on to differ.
///
/// `{"base":0,"value":"00f1e2d3c4b5a697"}`
package struct StateDigest: Hashable, Sendable {
    /// The entry before the first of the chain.
    ///
    /// Zero, or a later one where a state came from a snapshot without a digest. Values are
    /// comparable only if their chains began together.
    package private(set) var base: LogIndex
    /// The digest.
    package private(set) var value: UInt64

    /// Begins a chain behind an entry.
    package init(after base: LogIndex) {
        self.base = base
        value = 0
    }

    /// Works two words in.
    ///
    /// - Parameters:
    ///   - seal: The checksum at the end of the entry's line.
    ///   - output: The checksum of the output, and what became of the entry.
    package mutating func chain(seal: UInt64, output: UInt64) {
        value = Self.mixed(Self.mixed(value ^ seal) ^ output)
    }

    /// A permutation in which each bit depends on all others (Steele and others, SplitMix64).
    private static func mixed(_ word: UInt64) -> UInt64 {
        var bits = word &+ 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}

extension StateDigest: LineCodable {
    /// Reads `{"base":0,"value":"00f1e2d3c4b5a697"}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (base, value): (UInt64?, UInt64?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "base": base = try reader.ordinal()
            case "value":
                let text = try reader.string()
                guard text.utf8.count == 16, let number = UInt64(digits: text, radix: 16) else {
                    throw reader.error(.invalid("a digest has 16 hex digits"))
                }
                value = number
            default: throw reader.unknown(name)
            }
        }
        self.base = LogIndex(try reader.require(base, "base"))
        self.value = try reader.require(value, "value")
    }

    /// Writes base and value.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("base", base.value)
        writer.member("value", value.padded(to: 16, radix: 16))
        writer.endObject()
    }
}

extension ReplicatedState {
    /// Works an entry and what it gave into the digest.
    ///
    /// A state from a snapshot without a digest begins a chain with the next leader's first entry,
    /// and anew with each later one: nodes that were updated one by one come to share a chain.
    mutating func chainDigest(_ entry: LogEntry, seal: UInt64, _ result: AppliedEntry) {
        if case .noop = entry.payload, digest.map({ $0.base > .zero }) ?? true {
            digest = StateDigest(after: entry.position.index)
        } else {
            digest?.chain(seal: seal, output: result.digestWord)
        }
    }
}

extension AppliedEntry {
    /// The output's checksum in the upper half, its kind in the lower one.
    fileprivate var digestWord: UInt64 {
        switch self {
        case .none: 0
        case .keyReused: 1
        case .output(_, let output, let isRepeated):
            UInt64(CRC32C.checksum(output)) << 32 | (isRepeated ? 3 : 2)
        }
    }
}

extension LogEntry {
    /// The eight digits of a line's seal as one number.
    package static func seal(ofLine line: [UInt8]) -> UInt64 {
        let end = line.last == UInt8(ascii: "\n") ? line.count - 1 : line.count
        return line[..<end].dropLast(2).suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
