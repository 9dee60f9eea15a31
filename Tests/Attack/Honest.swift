import Dispatch
import Replication
import Storage

/// Accounts that send and wait for the answer, each on a thread of its own.
final class Honest: Sendable {
    private struct Record {
        var times: [Duration] = []
        var failures: [String] = []
        var isOver = false
    }

    private let record = Lock(Record())
    private let group = DispatchGroup()

    /// Begins to send, each to itself.
    func begin(_ tokens: [(name: String, token: String)], servers: [String], bytes: Int = 100) {
        for (number, person) in tokens.enumerated() {
            let server = servers[number % servers.count]
            DispatchQueue(label: person.name).async(group: group) { [self] in
                send(person.name, person.token, to: server, bytes)
            }
        }
    }

    /// Ends the sending, and says how it went.
    func end() -> (sent: Int, failures: [String], p99: Duration, longest: Duration) {
        record.withLock { $0.isOver = true }
        group.wait()
        let (times, failures) = record.withLock { ($0.times.sorted(), $0.failures) }
        guard let longest = times.last else { return (0, failures, .zero, .zero) }
        return (times.count, failures, times[times.count * 99 / 100], longest)
    }

    private func send(_ name: String, _ token: String, to server: String, _ bytes: Int) {
        let text = String(repeating: "h", count: bytes)
        let body = "{\"send\":{\"to\":\"\(name)\",\"text\":\"\(text)\"}}"
        var peer: HTTPPeer?
        while !record.withLock({ $0.isOver }) {
            let start = SystemClock.now()
            do {
                let open = try peer ?? HTTPPeer(server)
                peer = open
                let answer = try open.ask("/v1/requests", body, token: token)
                guard answer.status == 200 else { throw Failure("\(answer.status) \(answer.text)") }
                record.withLock { $0.times.append(SystemClock.now() - start) }
            } catch {
                peer = nil
                record.withLock { $0.failures.append("\(error)") }
            }
        }
    }
}
