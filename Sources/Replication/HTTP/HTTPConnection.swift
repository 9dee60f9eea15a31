/// A server's side of one HTTP/1.1 connection, as a value: bytes in, requests and bytes out.
///
/// Requests that a client sends without waiting are worked on side by side; their answers go out in
/// the order in which the requests came (RFC 9112 §9.3.2), held back where needed.
///
/// Call ``receive(_:)`` with what was read, then ``nextRequest(into:)`` until it gives none; call it
/// again after an answer while ``isPaused`` was true. Nothing is read from the socket while it is.
/// Once ``isDone``, end the connection when the output is sent.
package struct HTTPConnection: Sendable {
    /// A request that is not answered yet, or whose answer waits for those before it.
    private struct Slot: Sendable {
        var isHead: Bool
        var closes: Bool
        var isVersion10: Bool
        var isStream = false
        /// Whether nothing more comes.
        var isComplete = false
        /// What cannot go out yet.
        var held: [UInt8] = []
    }

    private let limits: HTTPLimits
    /// The fields of every answer; they change when the cluster is formed.
    package var fields: [UInt8]
    private var parser: HTTPRequestParser
    private var slots: [Slot] = []
    /// Slots before this one are done.
    private var head = 0
    /// The sequence number of `slots[head]`.
    private var firstSequence: UInt64 = 0
    /// Whether no further request is parsed: one asked for the end, or could not be read.
    private var isLast = false
    private var isInputEnded = false
    /// Bytes of answers that wait for those before them.
    package private(set) var heldBytes = 0
    /// Whether the answer after which the connection ends was written.
    private var hasClosed = false

    /// Creates the state of a new connection.
    ///
    /// `fields` are those of every answer, each as `Name: value\r\n`.
    package init(limits: HTTPLimits = HTTPLimits(), fields: [UInt8] = []) {
        self.limits = limits
        self.fields = fields
        parser = HTTPRequestParser(limits: limits)
    }

    /// Requests that wait for their answers to go out.
    package var inFlight: Int { slots.count - head }
    /// Requests that came so far.
    package var requestCount: UInt64 { firstSequence + UInt64(inFlight) }
    /// Whether so many are in flight that nothing more should be read from the socket.
    package var isPaused: Bool { inFlight >= limits.inFlight }
    /// The request whose answer is the next to go out.
    package var first: HTTPRequestID { HTTPRequestID(sequence: firstSequence) }
    /// How many bytes a request that has begun and is not whole may come to; 0 for none.
    package var requestBytes: Int { parser.requestBytes }
    /// How many bytes of a request that is not whole are here.
    package var receivedBytes: Int { parser.receivedBytes }
    /// Whether nothing is in flight and no request has begun: the connection may be ended.
    package var isIdle: Bool { inFlight == 0 && !parser.isInsideRequest }
    /// Whether all is said: end the connection once the output is sent.
    package var isDone: Bool {
        hasClosed || isInputEnded && inFlight == 0
    }

    /// Takes what was read from the socket.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) {
        if !isLast { parser.receive(bytes) }
    }

    /// The client sends no more; what it asked for is still answered.
    package mutating func receiveEnd() { isInputEnded = true }

    /// The next whole request; nil if there is none, or too many are in flight.
    ///
    /// Into `output` go answers that need no one else: to what is no request, and to
    /// `Expect: 100-continue`.
    package mutating func nextRequest(into output: inout [UInt8]) -> HTTPRequest? {
        guard !isLast, !isPaused else { return nil }
        do {
            guard var request = try parser.next() else {
                sendContinue(into: &output)
                return nil
            }
            request.id = open(
                isHead: request.method == .head,
                closes: request.closes,
                isVersion10: request.isVersion10
            )
            isLast = request.closes
            return request
        } catch {
            refuse(error, into: &output)
            return nil
        }
    }

    /// Ends the connection with an answer to a request that is not whole, once all before it are
    /// answered.
    package mutating func refuse(_ status: HTTPStatus, into output: inout [UInt8]) {
        guard !isLast else { return }
        isLast = true
        parser.stop()
        let id = open(isHead: false, closes: true, isVersion10: false)
        respond(to: id, .unreadable(status), into: &output)
    }

    /// Answers a request: at once if it is its turn, else when it is.
    ///
    /// A request that was answered before, or never was, is left alone.
    ///
    /// - Complexity: O(*n*) in the bytes written.
    package mutating func respond(
        to id: HTTPRequestID,
        _ response: HTTPResponse,
        into output: inout [UInt8]
    ) {
        guard let place = place(of: id), !slots[place].isStream else { return }
        let slot = slots[place]
        let closes = slot.closes || response.closes
        slots[place].closes = closes
        slots[place].isComplete = true
        isLast = isLast || closes
        let end = closes ? HTTPResponse.End.closes : slot.isVersion10 ? .keepsAlive : .unsaid
        write(place, into: &output) { bytes, common in
            response.write(to: &bytes, common: common, isHead: slot.isHead, end)
        }
    }

    /// Begins an answer without an end, such as an event stream; the connection ends with it.
    ///
    /// It goes out in chunks, so that a reader has each piece as soon as it is there, and sees a
    /// stream that was cut off; to HTTP/1.0, which knows none, as it is.
    package mutating func beginStream(
        _ id: HTTPRequestID,
        _ response: HTTPResponse,
        into output: inout [UInt8]
    ) {
        guard let place = place(of: id), !slots[place].isStream else { return }
        isLast = true
        slots[place].isStream = true
        slots[place].closes = true
        slots[place].isComplete = slots[place].isHead
        let isChunked = !slots[place].isVersion10
        write(place, into: &output) { bytes, common in
            response.writeStreamHead(to: &bytes, common: common, isChunked: isChunked)
        }
    }

    /// Goes on with a stream.
    package mutating func writeStream(
        _ id: HTTPRequestID,
        into output: inout [UInt8],
        _ write: (inout [UInt8]) -> Void
    ) {
        guard let place = place(of: id), slots[place].isStream else { return }
        let isChunked = !slots[place].isVersion10
        self.write(place, into: &output) { bytes, _ in
            isChunked ? bytes.appendChunk(write) : write(&bytes)
        }
    }

    /// Ends a stream.
    package mutating func endStream(_ id: HTTPRequestID, into output: inout [UInt8]) {
        guard let place = place(of: id), slots[place].isStream else { return }
        slots[place].isComplete = true
        let isChunked = !slots[place].isVersion10
        write(place, into: &output) { bytes, _ in if isChunked { bytes.appendLastChunk() } }
    }

    /// Writes a part of an answer: out, if it is its turn, else where it waits.
    private mutating func write(
        _ place: Int,
        into output: inout [UInt8],
        _ write: (inout [UInt8], _ common: [UInt8]) -> Void
    ) {
        if place == head {
            write(&output, fields)
            advance(into: &output)
        } else {
            let before = slots[place].held.count
            write(&slots[place].held, fields)
            heldBytes += slots[place].held.count - before
        }
    }

    private mutating func open(isHead: Bool, closes: Bool, isVersion10: Bool) -> HTTPRequestID {
        let sequence = firstSequence + UInt64(inFlight)
        slots.append(Slot(isHead: isHead, closes: closes, isVersion10: isVersion10))
        return HTTPRequestID(sequence: sequence)
    }

    private func place(of id: HTTPRequestID) -> Int? {
        guard id.sequence >= firstSequence, !hasClosed,
            let offset = Int(exactly: id.sequence - firstSequence), offset < inFlight,
            !slots[head + offset].isComplete
        else { return nil }
        return head + offset
    }

    /// Passes those at the front that are complete, and writes what was held back behind them.
    private mutating func advance(into output: inout [UInt8]) {
        while head < slots.count, !hasClosed {
            output.append(contentsOf: slots[head].held)
            heldBytes -= slots[head].held.count
            slots[head].held = []
            guard slots[head].isComplete else { break }
            hasClosed = slots[head].closes
            head += 1
            firstSequence += 1
        }
        if head == slots.count || head >= 256 {
            slots.removeFirst(head)
            head = 0
        }
        sendContinue(into: &output)
    }

    /// Tells a client that waits for it to send the body, once all before it are answered.
    private mutating func sendContinue(into output: inout [UInt8]) {
        guard parser.expectsContinue, inFlight == 0, !hasClosed else { return }
        parser.didContinue()
        output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
    }
}
