package import Storage

/// Cuts what another node sends into messages, as a value: bytes in, messages out.
///
/// A message is one sealed line; an append's is followed by as many entry lines as it announces, and
/// a snapshot's piece by lines of the snapshot.
package struct PeerReader: Sendable {
    /// The longest line that is taken.
    package static let maximumLineBytes = 4 << 20
    /// The most lines after one message that are taken.
    package static let maximumEntries = 1 << 16

    /// The most bytes of lines after one message that are taken.
    package static let maximumEntryBytes = 64 << 20

    /// The longest line that is taken of a stranger, and how much the lines after a message may take
    /// in memory; with what was read besides a stranger's connection takes at most 64 KiB.
    package static let maximumStrangerBytes = 16 << 10

    /// What is taken.
    package enum Allowance: Sendable {
        /// A hello alone: the connection may be anybody's.
        case hello
        /// Messages with few lines after them; more are read and thrown away with their message, as if
        /// that had been lost.
        case small
        /// Everything that a member sends.
        case all
    }

    /// A whole message.
    package struct Item: Sendable {
        /// The message.
        package var message: PeerMessage
        /// The lines after it, with their line feeds.
        package var lines: [[UInt8]]
    }

    private var buffer: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    /// How far a line feed was looked for.
    private var searched = 0
    private var current: Item?
    private var missing = 0
    /// How many more bytes the lines of `current` may have.
    private var room = 0

    /// Whether the lines after `current` are thrown away.
    private var isDiscarding = false
    /// What the kept lines after `current` take in memory.
    private var held = 0

    /// What is taken from here on.
    package var allowance: Allowance

    /// Creates a reader at the start of a connection.
    package init(allowance: Allowance = .all) { self.allowance = allowance }

    /// How much of the input may have been read before what was read first is forgotten.
    private var slack: Int { allowance == .all ? 1 << 16 : 1 << 12 }

    /// What it keeps, in bytes.
    package var heldBytes: Int {
        buffer.capacity + (current?.lines.reduce(0) { $0 + $1.capacity + 32 } ?? 0)
    }

    /// Takes what was read from the socket.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) {
        if start > 0, start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            (start, searched) = (0, 0)
        } else if start > slack {
            buffer.removeFirst(start)
            searched -= start
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole message, or nil if more bytes are needed.
    ///
    /// - Throws: ``LineError`` for what is no message: the connection is then to be ended.
    package mutating func next() throws(LineError) -> Item? {
        while let line = nextLine() {
            if missing > 0 {
                room -= line.count
                guard room >= 0 else {
                    throw LineError(
                        .invalid("more than \(Self.maximumEntryBytes) bytes of lines")
                    )
                }
                keep(line)
                missing -= 1
            } else {
                let message = try PeerMessage(buffer, in: line)
                current = Item(message: message, lines: [])
                missing = try linesAfter(message)
                guard allowance != .hello || missing == 0 else {
                    throw LineError(.expected("a hello first"))
                }
                room = Self.maximumEntryBytes
                (held, isDiscarding) = (0, false)
            }
            if missing == 0, let item = current {
                current = nil
                if !isDiscarding { return item }
            }
        }
        if missing > 0, allowance == .small { discardIfLong() }
        // A snapshot's line may be longer than any message.
        let limit =
            missing > 0
            ? room : allowance == .all ? Self.maximumLineBytes : Self.maximumStrangerBytes
        guard buffer.count - start <= limit else {
            throw LineError(.invalid("a line of more than \(limit) bytes"))
        }
        return nil
    }

    /// Keeps a line after a message, unless there were too many.
    private mutating func keep(_ line: Range<Int>) {
        // Arrays of a byte take memory too.
        held += line.count + 256
        if allowance == .small, held > Self.maximumStrangerBytes { discard() }
        guard !isDiscarding else { return }
        current?.lines.append(Array(buffer[line.lowerBound...line.upperBound]))
    }

    private mutating func discard() {
        isDiscarding = true
        current?.lines = []
    }

    /// Throws the beginning of a line away that is not to be kept.
    private mutating func discardIfLong() {
        let waiting = buffer.count - start
        if held + waiting > Self.maximumStrangerBytes { discard() }
        guard isDiscarding else { return }
        room -= waiting
        buffer.removeAll()
        (start, searched) = (0, 0)
    }

    private func linesAfter(_ message: PeerMessage) throws(LineError) -> Int {
        let count: Int
        switch message {
        case .consensus(.append(let append), _): count = append.entries.count
        case .snapshot(let piece): count = piece.lines
        case .entriesFound(let found): count = found.lines
        case .consensus, .hello, .welcome, .refused, .forward, .forwarded, .read, .readIndex,
            .snapshotReply, .formationRound, .blank, .join, .joinAnswer, .removed, .contradiction,
            .entriesWanted, .acknowledged, .digest, .ping, .pong:
            count = 0
        }
        guard count <= Self.maximumEntries else {
            throw LineError(.invalid("more than \(Self.maximumEntries) lines after a message"))
        }
        return count
    }

    /// The next line without its line feed, which stands right after the range.
    private mutating func nextLine() -> Range<Int>? {
        guard let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = buffer.count
            return nil
        }
        defer {
            start = end + 1
            searched = start
        }
        return start..<end
    }
}
