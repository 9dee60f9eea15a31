/// A connection on a loop: gathers what is to be sent, and sends it with one call a turn.
///
/// Lives on the loop's thread. It keeps its place in the poll set itself: watched for reading unless
/// too much output waits, for writing only while a write would block, and not at all when neither
/// is wanted.
package final class Connection {
    /// Names it on the loop.
    package let key: PollKey
    /// Append here what is to be sent, then call ``flush()`` once at the end of the turn.
    package var output: [UInt8] = []
    /// While more than this waits to be sent, nothing is read.
    package let highWaterBytes: Int
    /// Whether the owner wants nothing read for now.
    package var isPaused = false { didSet { if isPaused != oldValue { updateInterest() } } }
    /// Whether only writes are of interest, as for an idle event stream.
    ///
    /// It is then in the poll set only while a write would block; ``hasEnded()`` finds out, once a
    /// second, whether the other side is still there.
    package var isWriteOnly = false { didSet { if isWriteOnly != oldValue { updateInterest() } } }
    /// When it was last read from or made; for the owner's time limits.
    package var lastHeard: Instant

    private enum State {
        case connecting
        case open
        /// All is said once the output is sent.
        case finishing
        /// What still comes is thrown away, until the other side has closed as well.
        case lingering
        case closed
    }

    private var socket: Socket?
    private let loop: EventLoop
    private var state: State
    private var isInputEnded = false
    /// How much of `output` is sent.
    private var sent = 0
    private var interest: Interest = []

    /// Puts a socket on a loop.
    ///
    /// `isConnecting` says that it comes from ``Socket/connecting(to:)``: nothing is sent or read
    /// until ``finishConnecting()`` was called.
    package init(
        _ socket: consuming Socket,
        key: PollKey,
        on loop: EventLoop,
        at now: Instant,
        isConnecting: Bool = false,
        highWaterBytes: Int = 1 << 20
    ) {
        self.socket = consume socket
        self.key = key
        self.loop = loop
        self.highWaterBytes = highWaterBytes
        lastHeard = now
        state = isConnecting ? .connecting : .open
        updateInterest()
    }

    /// Bytes that wait to be sent.
    package var pendingBytes: Int { output.count - sent }
    /// Bytes that wait to be sent, or that the other machine has not acknowledged.
    ///
    /// Where the system does not tell, those that wait: what it has taken counts as acknowledged.
    package var unacknowledgedBytes: Int { pendingBytes + (socket?.unacknowledgedBytes() ?? 0) }
    /// Whether it was closed, by this side.
    package var isClosed: Bool { state == .closed }
    /// Whether ``finish()`` was called, so that what comes in counts no more.
    package var isFinishing: Bool { state == .finishing || state == .lingering }
    /// Whether both sides have said all: close it.
    package var isOver: Bool { state == .lingering && isInputEnded }
    /// Whether all was sent after ``finish()``, and only the other side's end is waited for.
    package var isLingering: Bool { state == .lingering }
    /// How many bytes were sent in all; tells whether the other side takes them.
    package private(set) var sentBytes = 0

    /// Learns whether connecting worked; call when it becomes writable for the first time.
    package func finishConnecting() throws(SocketError) {
        guard state == .connecting else { return }
        try connectResult()
        state = .open
        updateInterest()
    }

    /// What came of reading.
    package enum Received: Hashable, Sendable {
        /// Something, or nothing: go on.
        case open
        /// The other side will send no more; it may still read.
        case ended
        /// Broken: close it.
        case failed(SocketError)
    }

    /// Reads once, and hands over what came; call when it is readable.
    ///
    /// One read a turn is enough: what is left makes it readable again, and no connection starves
    /// the others.
    ///
    /// `buffer` is scratch space for all connections, of 64 KiB or so; its content is anything.
    package func receive(
        into buffer: inout [UInt8],
        at now: Instant,
        _ take: (ArraySlice<UInt8>) -> Void
    ) -> Received {
        guard state != .connecting, !isInputEnded, let result = read(into: &buffer) else {
            return .open
        }
        switch result {
        case .wouldBlock: return .open
        case .failed(let error): return .failed(error)
        case .ended:
            isInputEnded = true
            updateInterest()
            return .ended
        case .bytes(let count):
            lastHeard = now
            if !isFinishing { take(buffer[..<count]) }
            return .open
        }
    }

    /// What came of sending.
    package enum Flushed: Hashable, Sendable {
        /// Nothing waits.
        case drained
        /// The rest goes out when the socket is writable: call ``flush()`` then.
        case blocked
        /// Broken: close it.
        case failed(SocketError)
    }

    /// Sends what has gathered, with one call.
    @discardableResult
    package func flush() -> Flushed {
        guard state != .connecting, state != .closed else { return .blocked }
        if pendingBytes > 0 {
            switch write() {
            case .failed(let error): return .failed(error)
            case .written(let count):
                sent += count
                sentBytes += count
            }
        }
        reclaim()
        if pendingBytes == 0 && state == .finishing { linger() }
        updateInterest()
        return pendingBytes == 0 ? .drained : .blocked
    }

    /// Ends the connection in good order: sends what waits, says that no more comes, and reads on
    /// until the other side has closed, which ``receive(into:at:_:)`` tells as `ended`.
    ///
    /// To close at once, with input unread, would make the system reset the connection, and the
    /// other side might never see the last answer. The owner closes it when the other side takes
    /// too long.
    package func finish() {
        guard state == .open else { return }
        state = .finishing
        flush()
    }

    /// Whether the other side is gone; for connections that are not watched.
    package func hasEnded() -> Bool { socket?.hasEnded() ?? true }

    /// Closes at once; what waits to be sent is lost.
    package func close() {
        guard let socket = socket.take() else { return }
        loop.unwatch(socket.descriptor)
        state = .closed
        output = []
        sent = 0
    }

    private func linger() {
        state = .lingering
        isPaused = false
        isWriteOnly = false
        socket?.finishWriting()
    }

    private func connectResult() throws(SocketError) { try socket?.connectResult() }
    private func read(into buffer: inout [UInt8]) -> Socket.ReadResult? {
        socket?.read(into: &buffer)
    }
    private func write() -> Socket.WriteResult {
        socket?.write(output, from: sent) ?? .written(0)
    }

    /// Gives up a peer that no longer answers; see ``Socket/giveUp(after:)``.
    func giveUp(after limit: Duration) { socket?.giveUp(after: limit) }

    /// Forgets what is sent; keeps a small buffer, since most connections will need it again.
    ///
    /// Bytes move only when at least as many go, so that a long output costs linear time.
    private func reclaim() {
        if sent == output.count {
            output.removeAll(keepingCapacity: output.capacity <= 1 << 12)
            sent = 0
        } else if isWriteOnly, sent > 0 {
            // Of an event stream that waits only what it needs is kept: there may be many.
            output = Array(output[sent...])
            sent = 0
        } else if sent >= max(1 << 16, pendingBytes) {
            output.removeFirst(sent)
            sent = 0
        }
    }

    private func updateInterest() {
        var wanted: Interest = []
        switch state {
        case .closed: return
        case .connecting: wanted = .write
        case .open, .finishing, .lingering:
            if pendingBytes > 0 { wanted.insert(.write) }
            let mayRead = !isPaused && !isWriteOnly && pendingBytes <= highWaterBytes
            if mayRead && !isInputEnded { wanted.insert(.read) }
        }
        guard wanted != interest, let descriptor = socket?.descriptor else { return }
        interest = wanted
        loop.watch(descriptor, for: wanted, as: key)
    }
}
