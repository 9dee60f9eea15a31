/// Reads server-sent events from bytes that come piece by piece (WHATWG HTML §9.2.6).
///
/// In one thing it differs: an event without data is an event, since a `mark` may have none.
package struct EventStreamParser: Sendable {
    /// An event as it stood in the stream.
    package struct Event: Hashable, Sendable {
        /// The `id:` of this very event, if it had one.
        package var id: String?
        /// The `event:`, or `message`.
        package var name: String
        /// The `data:` lines, joined by line feeds.
        package var data: [UInt8]

        /// Creates an event.
        package init(id: String? = nil, name: String, data: [UInt8] = []) {
            self.id = id
            self.name = name
            self.data = data
        }
    }

    /// A line, or an event, is larger than is accepted.
    package struct TooLarge: Error, Hashable, Sendable {}

    private let maximumBytes: Int
    private var line: [UInt8] = []
    private var endedByReturn = false
    private var isFirstLine = true
    private var event = Event(name: "")
    private var hasFields = false
    private var hasData = false

    /// Creates a parser for a stream, whose events have at most so many bytes.
    package init(maximumBytes: Int = 4 << 20) { self.maximumBytes = maximumBytes }

    /// Takes bytes, and hands over each event that becomes whole.
    ///
    /// - Throws: ``TooLarge``; the stream cannot be read on.
    package mutating func receive(
        _ bytes: [UInt8],
        _ take: (Event) -> Void
    ) throws(TooLarge) {
        for byte in bytes {
            let followsReturn = endedByReturn
            endedByReturn = byte == ASCII.carriageReturn
            switch byte {
            case ASCII.lineFeed where followsReturn: break
            case ASCII.lineFeed, ASCII.carriageReturn: endLine(take)
            default:
                line.append(byte)
                guard line.count + event.data.count <= maximumBytes else { throw TooLarge() }
            }
        }
    }

    private mutating func endLine(_ take: (Event) -> Void) {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return endEvent(take) }
        let colon = line.firstIndex(of: ASCII.colon) ?? line.count
        var value = line[min(colon + 1, line.count)...]
        if value.first == ASCII.space { value.removeFirst() }
        addField(line[..<colon], value)
    }

    private mutating func addField(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        if name.elementsEqual("data".utf8) {
            if hasData { event.data.append(ASCII.lineFeed) }
            event.data.append(contentsOf: value)
            hasData = true
        } else if name.elementsEqual("event".utf8) {
            event.name = String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8), !value.contains(0) {
            event.id = String(decoding: value, as: UTF8.self)
        } else {
            return
        }
        hasFields = true
    }

    private mutating func endEvent(_ take: (Event) -> Void) {
        guard hasFields else { return }
        if event.name.isEmpty { event.name = "message" }
        take(event)
        event = Event(name: "")
        hasFields = false
        hasData = false
    }
}
