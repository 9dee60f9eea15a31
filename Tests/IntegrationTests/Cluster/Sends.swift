import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import Testing

/// Messages that many clients send at once to one person, and what became of each.
final class Sends: Sendable {
    private struct Fates: Sendable {
        var sent: Set<String> = []
        var acknowledged: [String: ChatState.Sent] = [:]
        var repeated = 0
        var last = SystemClock.now()
        var longestPause = Duration.zero
    }

    private let recipient: String
    private let fates = Lock(Fates())

    init(to recipient: String) { self.recipient = recipient }

    /// How many were acknowledged.
    var acknowledged: Int { fates.withLock { $0.acknowledged.count } }
    /// How many answers said that an earlier try had done it already.
    var repeated: Int { fates.withLock { $0.repeated } }

    /// The longest time without an acknowledgement while `body` runs.
    func longestPause(during body: () async throws -> Void) async throws -> Duration {
        fates.withLock { ($0.last, $0.longestPause) = (SystemClock.now(), .zero) }
        try await body()
        return fates.withLock { max($0.longestPause, SystemClock.now() - $0.last) }
    }

    /// One client's messages, one after the other.
    ///
    /// - Parameters:
    ///   - count: How many at the most.
    ///   - name: What their texts begin with.
    ///   - client: Who sends them.
    ///   - givesUp: Whether a message without an answer is left to its fate; else it is tried again
    ///     under its key until an answer comes.
    ///   - isOver: Asked before each message whether it was the last.
    /// - Throws: If the test was cancelled.
    func run(
        _ count: Int,
        _ name: String,
        by client: ClusterClient,
        givesUp: Bool,
        until isOver: @Sendable () -> Bool = { false }
    ) async throws {
        for number in 0..<count {
            if isOver() { return }
            let text = "\(name)-\(number)"
            let key = ClusterClient.randomKey()
            fates.withLock { _ = $0.sent.insert(text) }
            let answered = try await eventually("an answer to \(text)", within: .seconds(120)) {
                try await attempt(text, key, client, givesUp: givesUp)
            }
            guard case .sent(let sent)? = answered?.output else { continue }
            fates.withLock {
                $0.acknowledged[text] = sent
                let now = SystemClock.now()
                $0.longestPause = max($0.longestPause, now - $0.last)
                $0.last = now
                if answered?.isRepeated == true { $0.repeated += 1 }
            }
        }
    }

    /// An answer; nil within the optional if the message is given up, nil if it must be tried again.
    private func attempt(
        _ text: String,
        _ key: String,
        _ client: ClusterClient,
        givesUp: Bool
    ) async throws -> Answered?? {
        do {
            return try await client.ask(.send(to: recipient, text: text), key: key)
        } catch ClusterClientError.unavailable, ClusterClientError.outcomeUnknown {
            return givesUp ? .some(nil) : nil
        }
    }

    /// Waits until so many were acknowledged.
    func reach(_ count: Int) async throws {
        try await eventually("\(count) messages", within: .seconds(120)) { acknowledged >= count }
    }

    /// Checks what all nodes hold against what was sent and answered.
    ///
    /// Each message was sent and stands there once; each that was acknowledged stands where the
    /// answer said, in the order in which its client sent them; and all nodes hold the same.
    ///
    /// - Parameters:
    ///   - cluster: The nodes, settled.
    ///   - nodes: Those that are asked, or nil for all; others may be down for good.
    ///   - token: Of the sender.
    /// - Throws: If a node does not answer.
    func check(_ cluster: Cluster, on nodes: [TestNode]? = nil, token: String) async throws {
        try await cluster.settle(nodes)
        let (sent, acknowledged) = fates.withLock { ($0.sent, $0.acknowledged) }
        var first: [MessageView]?
        for node in nodes ?? cluster.nodes {
            let client = try cluster.client([node], token: token)
            let history = try await client.history(with: recipient, isStale: true)
            if let first { #expect(history == first, "\(node.id) holds the same as n1") }
            first = first ?? history
        }
        let history = try #require(first)
        let texts = history.compactMap(\.text)
        #expect(texts.count == history.count)
        #expect(Set(texts).count == texts.count, "each message is there once")
        #expect(sent.isSuperset(of: texts), "nothing was invented")
        #expect(Set(texts).isSuperset(of: acknowledged.keys), "what was acknowledged is kept")
        for message in history {
            guard let answer = message.text.flatMap({ acknowledged[$0] }) else { continue }
            #expect(answer.id == message.id && answer.position == message.position)
        }
        var last: [Substring: Int] = [:]
        // One that was given up may still be under way when its client sends the next one.
        for text in texts where acknowledged[text] != nil {
            let parts = text.split(separator: "-")
            let number = try #require(parts.last.flatMap { Int($0) })
            #expect(last[parts[0], default: -1] < number, "\(parts[0]) sent them in this order")
            last[parts[0]] = number
        }
    }
}

/// A size of a test, larger in a campaign: `CHAT_TEST_SENDS=5000`.
func size(_ name: String, otherwise usual: Int) -> Int {
    unsafe getenv("CHAT_TEST_\(name)").flatMap { unsafe Int(String(cString: $0)) } ?? usual
}
