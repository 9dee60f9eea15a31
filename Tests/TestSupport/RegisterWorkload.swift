package import Replication
import Storage

/// Clients that append to and read from a simulated register, retry under the same key until they
/// have an answer, and note what they saw.
package final class RegisterWorkload {
    private struct Client {
        var number: Int
        var left: Int
        var call: Int?
        var kind: History.Kind = .read(nil)
        var key = ""
        var ticket: Ticket?
        var attempt = 0
    }

    private let simulation: Simulation<Register>
    private var clients: [Client]
    private var owners: [Ticket: Int] = [:]
    /// Between two calls of a client, at the most.
    private let pause: Duration
    /// What they saw.
    package private(set) var history = History()
    /// How many attempts were retries under the same key.
    package private(set) var retries = 0

    /// Creates clients that begin at once.
    ///
    /// - Parameters:
    ///   - simulation: The cluster.
    ///   - clients: How many there are; each has one call under way.
    ///   - calls: How many calls each makes.
    ///   - duration: Over how long they are spread.
    package init(
        _ simulation: Simulation<Register>,
        clients: Int,
        calls: Int,
        over duration: Duration = .zero
    ) {
        self.simulation = simulation
        // With some left for tries again.
        pause = max(.milliseconds(20), duration / max(1, calls) * 3 / 2)
        self.clients = (0..<clients).map { Client(number: $0, left: calls) }
        simulation.onReply = { [unowned self] ticket, reply in take(reply, for: ticket) }
        for client in 0..<clients { plan(client, after: .milliseconds(10)) }
    }

    /// Whether every client has all its answers.
    package var isDone: Bool { clients.allSatisfy { $0.left == 0 && $0.call == nil } }

    private func plan(_ client: Int, after delay: Duration) {
        simulation.after(delay) { [unowned self] () throws(Violation) in
            try attempt(client)
        }
    }

    private func attempt(_ number: Int) throws(Violation) {
        if clients[number].call == nil {
            guard clients[number].left > 0 else { return }
            begin(number)
        } else if clients[number].attempt > 0 {
            retries += 1
        }
        clients[number].attempt += 1
        let attempt = clients[number].attempt
        let call = clients[number].call
        let reachable = simulation.reachable
        if !reachable.isEmpty {
            try send(number, at: reachable[simulation.draw(reachable.count)])
        }
        // No answer in time: the same call again, anywhere.
        simulation.after(.milliseconds(700)) { [unowned self] () throws(Violation) in
            if clients[number].call == call, call != nil, clients[number].attempt == attempt {
                try self.attempt(number)
            }
        }
    }

    private func begin(_ number: Int) {
        clients[number].left -= 1
        clients[number].attempt = 0
        let id = "\(number)-\(clients[number].left)"
        clients[number].key = id
        clients[number].kind =
            simulation.draw(10) < 7 ? .append(id, place: nil) : .read(nil)
        clients[number].call = history.begin(clients[number].kind, at: simulation.now)
    }

    private func send(_ number: Int, at host: Int) throws(Violation) {
        // The answer may come while the request is still being handed over.
        current = number
        defer { current = nil }
        let ticket: Ticket
        switch clients[number].kind {
        case .append(let value, _):
            ticket = try simulation.request(
                Register.Append(value: value).lineBytes,
                key: clients[number].key,
                at: host
            )
        case .read: ticket = try simulation.query(Register.Read().lineBytes, at: host)
        }
        owners[ticket] = number
        clients[number].ticket = ticket
        if let early, early.ticket == ticket { take(early.reply, for: ticket) }
        early = nil
    }

    private var current: Int?
    private var early: (ticket: Ticket, reply: Reply)?

    private func take(_ reply: Reply, for ticket: Ticket) {
        guard let number = owners[ticket] else {
            if current != nil { early = (ticket, reply) }
            return
        }
        owners[ticket] = nil
        // Only the newest attempt counts; an older one's answer comes too late for this client.
        guard clients[number].ticket == ticket, let call = clients[number].call else { return }
        switch (reply, clients[number].kind) {
        case (.output(_, let output, _, _), .append(let value, _)):
            end(number, call, .append(value, place: read(UInt64.self, output)))
        case (.answer(_, let answer), .read):
            end(number, call, .read(read([String].self, answer)))
        default: plan(number, after: .milliseconds(50))
        }
    }

    private func read<Value: LineCodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        do throws(LineError) { return try Value(lineBytes: bytes) } catch { return nil }
    }

    private func end(_ number: Int, _ call: Int, _ kind: History.Kind) {
        history.end(call, kind, at: simulation.now)
        clients[number].call = nil
        clients[number].ticket = nil
        plan(number, after: pause / 1_000 * simulation.draw(1_000))
    }
}
