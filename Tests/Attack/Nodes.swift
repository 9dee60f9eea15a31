import Dispatch
import Glibc
import Replication
import Storage

/// The node processes that are attacked: their memory and terms.
final class Nodes: Sendable {
    let servers: [String]
    private let processes: [String]
    private let peak = Lock(0)
    private let isOver = Lock(false)

    init(servers: [String], processes: [String]) {
        self.servers = servers
        self.processes = processes
    }

    /// The resident memory of the node that has most, in MiB.
    var memory: Int { processes.map { Self.field("VmRSS:", of: $0) >> 10 }.max() ?? 0 }

    /// How many of the processes run.
    var alive: Int { processes.count { Self.field("VmRSS:", of: $0) > 0 } }

    /// The highest term that any of them says.
    var term: UInt64 {
        servers.compactMap { server in
            guard let peer = try? HTTPPeer(server) else { return nil }
            let request = "GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n"
            guard (try? peer.send(Array(request.utf8))) != nil,
                let answer = try? peer.answer(within: .seconds(30))
            else { return nil }
            return Self.number(after: "\"term\":", in: String(decoding: answer.body, as: UTF8.self))
        }.max() ?? 0
    }

    /// Looks at the memory every 50 ms from now on.
    func watch() {
        DispatchQueue(label: "memory").async { [self] in
            while !isOver.withLock({ $0 }) {
                let now = memory
                peak.withLock { $0 = max($0, now) }
                pass(.milliseconds(50))
            }
        }
    }

    /// The most memory that one node had since this was asked last, in MiB.
    func takePeak() -> Int {
        let now = memory
        return peak.withLock { peak in
            defer { peak = now }
            return max(peak, now)
        }
    }

    /// Ends the watch, and gives the most memory that one node had, in MiB.
    func endWatch() -> Int {
        isOver.withLock { $0 = true }
        return max(peak.withLock { $0 }, memory)
    }

    static func number(after mark: String, in text: String) -> UInt64? {
        text.split(separator: mark, maxSplits: 1).dropFirst().first
            .flatMap { UInt64($0.prefix { $0.isNumber }) }
    }

    private static func field(_ name: String, of process: String) -> Int {
        guard let file = unsafe fopen("/proc/\(process)/status", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 13)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        where line.hasPrefix(name) {
            return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
        }
        return 0
    }
}
