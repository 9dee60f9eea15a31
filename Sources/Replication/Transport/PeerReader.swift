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

    /// The longest line that is taken of a connection before its hello.
    package static let maximumHelloBytes = 64 << 10

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

    /// Whether more than a hello is taken: until somebody has said one, the connection may be
    /// anybody's.
    package var takesAll: Bool

    /// Creates a reader at the start of a connection.
    package init(takesAll: Bool = true) { self.takesAll = takesAll }

    /// Takes what was read from the socket.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) {
        if start > 0, start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            (start, searched) = (0, 0)
        } else if start > 1 << 16 {
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
                current?.lines.append(Array(buffer[line.lowerBound...line.upperBound]))
                missing -= 1
            } else {
                let message = try PeerMessage(buffer, in: line)
                current = Item(message: message, lines: [])
                missing = try linesAfter(message)
                guard takesAll || missing == 0 else { throw LineError(.expected("a hello first")) }
                room = Self.maximumEntryBytes
            }
            if missing == 0, let item = current {
                current = nil
                return item
            }
        }
        // A snapshot's line may be longer than any message.
        let limit =
            missing > 0 ? room : takesAll ? Self.maximumLineBytes : Self.maximumHelloBytes
        guard buffer.count - start <= limit else {
            throw LineError(.invalid("a line of more than \(limit) bytes"))
        }
        return nil
    }

    private func linesAfter(_ message: PeerMessage) throws(LineError) -> Int {
        let count: Int
        switch message {
        case .consensus(.append(let append), _): count = append.entries.count
        case .snapshot(let piece): count = piece.lines
        case .entriesFound(let found): count = found.lines
        case .consensus, .hello, .welcome, .refused, .forward, .forwarded, .read, .readIndex,
            .snapshotReply, .formationRound, .blank, .join, .joinAnswer, .removed, .contradiction,
            .entriesWanted, .acknowledged, .digest:
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
