import Replication
import Storage

/// A connection to a node, with all that a real client hides: what was sent, what came back, and
/// when the connection ended.
final class Wire {
    /// A whole answer.
    struct Answer: Equatable {
        var status: Int
        var fields: HTTPFields
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let socket: Socket
    private var parser = HTTPResponseParser()
    private var unread: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 14)

    init(to address: String) throws {
        guard let found = try Address(address)?.resolved().first else {
            throw NotInTime(description: "\(address) is no address")
        }
        socket = try Socket.connecting(to: found)
    }

    /// Gives bytes to the system, whether the other side reads them or not.
    func send(_ bytes: [UInt8]) async throws {
        var sent = 0
        try await eventually("\(bytes.count) bytes are sent") {
            switch socket.write(bytes, from: sent) {
            case .written(let count): sent += count
            // Reading tells what the matter is.
            case .failed: return true
            }
            return sent == bytes.count
        }
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Sends no more.
    func endInput() { socket.finishWriting() }

    /// Posts without waiting for the answer.
    func post(
        _ path: String,
        _ body: [UInt8],
        token: String? = nil,
        key: String? = nil
    ) async throws {
        var head =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n"
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        if let key { head += "Idempotency-Key: \(key)\r\n" }
        try await send(Array("\(head)\r\n".utf8) + body)
    }

    /// The next answer; nil if the connection ended before it began or inside it.
    func answer(within limit: Duration = .seconds(60)) async throws -> Answer? {
        var answer: Answer?
        while let part = try await part(within: limit) {
            switch part {
            case .head(let status, let fields):
                answer = Answer(status: status, fields: fields, body: [])
            case .body(let bytes): answer?.body.append(contentsOf: bytes)
            case .end: return answer
            }
        }
        return nil
    }

    /// The status of an answer whose body is read by lines.
    func head() async throws -> Int? {
        guard case .head(let status, _)? = try await part() else { return nil }
        return status
    }

    /// The next line of an answer's body; nil at its end.
    func line() async throws -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            guard case .body(let bytes)? = try await part() else { return nil }
            unread.append(contentsOf: bytes)
        }
    }

    /// The next part of an answer; nil once the connection has ended.
    private func part(
        within limit: Duration = .seconds(60)
    ) async throws -> HTTPResponseParser.Part? {
        try await eventually("an answer", within: limit) { () -> HTTPResponseParser.Part?? in
            do throws(HTTPResponseParser.Malformed) {
                if let part = try parser.next() { return part }
            } catch {
                return .some(nil)
            }
            switch socket.read(into: &buffer) {
            case .bytes(let count): parser.receive(buffer[..<count])
            case .ended: parser.receiveEnd()
            case .failed: return .some(nil)
            case .wouldBlock: break
            }
            return nil
        }
    }

    /// Asks a node over a connection of its own; nil if it does not answer.
    static func get(_ path: String, from address: String) async throws -> Answer? {
        guard let wire = try? Wire(to: address) else { return nil }
        try await wire.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return try await wire.answer()
    }
}
