import Glibc
import Replication

/// A client that says and hears bytes as they are; it blocks, but never for long.
final class RawClient {
    private let socket: Socket
    private let interrupt: Interrupt

    init(_ address: String) throws {
        let interrupt = try Interrupt()
        let socket = try Socket.connecting(to: Self.target(address))
        _ = interrupt.wait(for: .write, on: socket.descriptor, until: Self.deadline)
        try socket.connectResult()
        self.interrupt = interrupt
        self.socket = consume socket
    }

    private static func target(_ address: String) throws -> SocketAddress {
        guard let target = Address(address)?.numeric else {
            throw NotInTime(description: "\(address) is no address")
        }
        return target
    }

    private static var deadline: Instant { SystemClock.now() + .seconds(120) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            switch socket.write(bytes, from: sent) {
            case .failed(let error): throw error
            case .written(0):
                _ = interrupt.wait(for: .write, on: socket.descriptor, until: Self.deadline)
            case .written(let count): sent += count
            }
        }
    }

    /// Says that no more comes.
    func finish() { socket.finishWriting() }

    /// Whether the other side has closed, and all that it sent was read.
    var hasEnded: Bool { socket.hasEnded() }

    /// Whether nothing comes for a moment.
    func isSilent() -> Bool {
        interrupt.wait(
            for: .read,
            on: socket.descriptor,
            until: SystemClock.now() + .milliseconds(30)
        ) == .timedOut
    }

    /// Reads until `isWhole`, or the other side ends if that is nil.
    func read(until isWhole: ((String) -> Bool)? = nil) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let deadline = Self.deadline
        while true {
            switch socket.read(into: &buffer) {
            case .bytes(let count): bytes += buffer[..<count]
            case .failed(let error): throw error
            case .ended:
                guard isWhole == nil else { throw NotInTime(description: "it ended early") }
                return String(decoding: bytes, as: UTF8.self)
            case .wouldBlock:
                let outcome = interrupt.wait(for: .read, on: socket.descriptor, until: deadline)
                guard outcome == .ready else {
                    throw NotInTime(
                        description: "no more than \(String(decoding: bytes, as: UTF8.self))"
                    )
                }
                continue
            }
            if let isWhole, isWhole(String(decoding: bytes, as: UTF8.self)) {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    /// Sends one request without a body, and reads until the other side closes.
    func exchange(_ firstLine: String, _ fields: String = "") throws -> String {
        try send("\(firstLine) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\n")
        return try read()
    }
}
