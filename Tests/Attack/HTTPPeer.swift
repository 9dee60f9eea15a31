import Glibc
import Replication

/// A client's connection that blocks its thread, and reads only when it is told to.
final class HTTPPeer {
    private let socket: Socket
    private var parser = HTTPPeer.parser
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(_ address: String) throws {
        guard let target = Address(address)?.numeric else {
            throw Failure("no address: \(address)")
        }
        let socket = try Socket.connecting(to: target)
        guard Self.wait(socket.descriptor, POLLOUT, until: SystemClock.now() + .seconds(10)) else {
            throw Failure("no connection")
        }
        try socket.connectResult()
        self.socket = consume socket
    }

    /// Gives all bytes to the system, or as many as it takes until the deadline.
    func send(_ bytes: [UInt8], within limit: Duration = .seconds(10)) throws {
        let deadline = SystemClock.now() + limit
        var sent = 0
        while sent < bytes.count {
            switch socket.write(bytes, from: sent) {
            case .failed(let error): throw error
            case .written(0):
                guard Self.wait(socket.descriptor, POLLOUT, until: deadline) else { return }
            case .written(let count): sent += count
            }
        }
    }

    /// The next answer's status and body.
    func answer(within limit: Duration) throws -> (status: Int, body: [UInt8]) {
        let deadline = SystemClock.now() + limit
        var (status, body) = (0, [UInt8]())
        while true {
            while let part = try parser.next() {
                switch part {
                case .head(let code, _): status = code
                case .body(let bytes): body.append(contentsOf: bytes)
                case .end: return (status, body)
                }
            }
            try receive(until: deadline)
        }
    }

    /// Sends one request and waits for its answer.
    func ask(
        _ path: String,
        _ body: String,
        token: String? = nil,
        within limit: Duration = .seconds(10)
    ) throws -> (status: Int, text: String) {
        try send(Self.post(path, body, token: token))
        let answer = try answer(within: limit)
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }

    /// Takes pages of any size.
    private static var parser: HTTPResponseParser {
        var limits = HTTPLimits()
        limits.bodyBytes = 64 << 20
        return HTTPResponseParser(limits: limits)
    }

    static func post(_ path: String, _ body: String, token: String?, length: Int? = nil) -> [UInt8]
    {
        var text = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        text += "Content-Length: \(length ?? body.utf8.count)\r\n"
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        return Array("\(text)\r\n\(body)".utf8)
    }

    private func receive(until deadline: Instant) throws {
        switch socket.read(into: &buffer) {
        case .bytes(let count): parser.receive(buffer[..<count])
        case .ended: throw Failure("the connection ended")
        case .failed(let error): throw error
        case .wouldBlock:
            guard Self.wait(socket.descriptor, POLLIN, until: deadline) else {
                throw Failure("no answer in time")
            }
        }
    }

    private static func wait(_ descriptor: Int32, _ event: Int32, until deadline: Instant) -> Bool {
        let left = deadline - SystemClock.now()
        guard left > .zero else { return false }
        var polled = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return unsafe poll(&polled, 1, Int32(clamping: left.milliseconds + 1)) != 0
    }
}

/// Why a call of this program came to nothing.
struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
