import Glibc
import Replication

/// A client that says and hears bytes as they are.
final class RawClient {
    private let socket: Socket
    private let interrupt: Interrupt
    private var bytes: [UInt8] = []

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

    /// Takes what there is, and says how many bytes it was.
    func received() throws -> Int {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        switch socket.read(into: &buffer) {
        case .bytes(let count): return count
        case .wouldBlock, .ended: return 0
        case .failed(let error): throw error
        }
    }

    /// Lets what there is to come come, for a moment.
    func pause() async throws { try await Task.sleep(for: .milliseconds(30)) }

    /// Reads until the other side ends; blocks the thread.
    func readAll() throws -> String {
        let deadline = Self.deadline
        while true {
            if let text = try received(until: nil) { return text }
            guard interrupt.wait(for: .read, on: socket.descriptor, until: deadline) == .ready
            else {
                throw late
            }
        }
    }

    /// Reads until `isWhole`, or the other side ends if that is nil; others may use the thread
    /// meanwhile.
    func read(until isWhole: ((String) -> Bool)? = nil) async throws -> String {
        let deadline = Self.deadline
        while true {
            if let text = try received(until: isWhole) { return text }
            guard SystemClock.now() < deadline else { throw late }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Sends one request without a body, and reads until the other side closes.
    func exchange(_ firstLine: String, _ fields: String = "") async throws -> String {
        try send("\(firstLine) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fields)\r\n")
        return try await read()
    }

    /// What came since the last answer, if that is whole now.
    private func received(until isWhole: ((String) -> Bool)?) throws -> String? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            switch socket.read(into: &buffer) {
            case .bytes(let count): bytes += buffer[..<count]
            case .failed(let error): throw error
            case .wouldBlock: return nil
            case .ended:
                guard isWhole == nil else { throw NotInTime(description: "it ended early") }
                return take()
            }
            if let isWhole, isWhole(String(decoding: bytes, as: UTF8.self)) { return take() }
        }
    }

    private func take() -> String {
        defer { bytes = [] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var late: NotInTime {
        NotInTime(description: "no more than \(String(decoding: bytes, as: UTF8.self))")
    }
}
