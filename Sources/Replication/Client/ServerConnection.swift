/// A client's connection to one server, with calls that block until their deadline.
///
/// Only for threads that may block.
final class ServerConnection {
    /// Why there is no answer.
    enum Failure: Error {
        /// The server cannot have got the whole request.
        case notSent(String)
        /// The server may have got it.
        case noAnswer(String)
        /// The server got it whole, and the connection was broken or ended before an answer.
        case lost(String)
        /// The caller's task was cancelled.
        case cancelled(wasSent: Bool)
    }

    /// A whole answer.
    struct Answer {
        var status: Int
        var fields: HTTPFields
        var body: [UInt8]
    }

    /// Answers may be larger than requests: an export, a long history.
    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.bodyBytes = 64 << 20
        return limits
    }()

    /// As the caller gave it.
    let server: String
    private let socket: Socket
    private let interrupt: Interrupt
    private var parser = HTTPResponseParser(limits: ServerConnection.limits)
    private var buffer = [UInt8](repeating: 0, count: 1 << 14)
    private var isBroken = false
    /// Whether the server sends no more.
    private var hasEnded = false

    /// Connects to the first of a server's addresses that takes it.
    init(to server: String, _ dialler: Dialler, until deadline: Instant) throws(Failure) {
        self.server = server
        interrupt = dialler.interrupt
        socket = try dialler.connect(to: server, until: deadline)
    }

    /// Whether another request can be sent.
    var isUsable: Bool { !isBroken && !socket.hasEnded() }

    /// Sends a request and reads its answer.
    func exchange(_ request: [UInt8], until deadline: Instant) throws(Failure) -> Answer {
        isBroken = true
        try send(request, until: deadline)
        let (status, fields) = try readHead(until: deadline)
        var body: [UInt8] = []
        while let piece = try readBody(until: deadline) {
            body.append(contentsOf: piece)
            guard body.count <= Self.limits.bodyBytes else {
                throw .noAnswer("the answer is too large")
            }
        }
        isBroken = !parser.keepsAlive
        return Answer(status: status, fields: fields, body: body)
    }

    /// Sends a request whole.
    func send(_ request: [UInt8], until deadline: Instant) throws(Failure) {
        var sent = 0
        while sent < request.count {
            switch socket.write(request, from: sent) {
            case .failed(let error): throw .notSent(error.description)
            case .written(0):
                try wait(for: .write, until: deadline) { reason in .notSent(reason) }
            case .written(let count): sent += count
            }
        }
    }

    /// Reads the status and the header fields of an answer.
    func readHead(until deadline: Instant) throws(Failure) -> (Int, HTTPFields) {
        guard case .head(let status, let fields) = try readPart(until: deadline) else {
            throw .noAnswer("no head")
        }
        return (status, fields)
    }

    /// Reads a piece of the body; nil at its end.
    func readBody(until deadline: Instant) throws(Failure) -> [UInt8]? {
        switch try readPart(until: deadline) {
        case .body(let bytes): bytes
        case .end, .head: nil
        }
    }

    private func readPart(until deadline: Instant) throws(Failure) -> HTTPResponseParser.Part {
        while true {
            do {
                if let part = try parser.next() { return part }
            } catch {
                throw hasEnded ? .lost(error.reason) : .noAnswer(error.reason)
            }
            switch socket.read(into: &buffer) {
            case .bytes(let count): parser.receive(buffer[..<count])
            case .ended:
                hasEnded = true
                parser.receiveEnd()
            case .failed(let error): throw .lost(error.description)
            case .wouldBlock:
                try wait(for: .read, until: deadline) { reason in .noAnswer(reason) }
            }
        }
    }

    private func wait(
        for interest: Interest,
        until deadline: Instant,
        _ failure: (String) -> Failure
    ) throws(Failure) {
        while true {
            switch interrupt.wait(for: interest, on: socket.descriptor, until: deadline) {
            case .ready: return
            case .timedOut: throw failure("no answer in time")
            case .interrupted:
                if Task.isCancelled { throw .cancelled(wasSent: interest == .read) }
            }
        }
    }
}
