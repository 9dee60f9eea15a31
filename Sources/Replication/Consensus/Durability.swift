import Storage

/// What of the log, the term and the vote is durable on this node.
struct Durability: Hashable, Sendable {
    private struct Batch: Hashable {
        var token: PersistToken
        var last: LogIndex
    }

    /// The last durable entry of the log as it is now.
    private(set) var index: LogIndex
    private var durable: PersistToken = .zero
    private var newest: PersistToken = .zero
    private var termToken: PersistToken = .zero
    private var batches: [Batch] = []

    /// Begins with a log of which all is durable.
    init(index: LogIndex) { self.index = index }

    /// Whether the term and the vote are durable.
    var isTermDurable: Bool { termToken <= durable }
    /// What a message that tells of the term or the vote waits for.
    var termGate: PersistToken? { isTermDurable ? nil : termToken }
    /// What a message that tells of the log's end waits for.
    var logGate: PersistToken? { newest <= durable ? nil : newest }

    /// Notes a batch on its way to the disk; the log ends with `last` in it.
    mutating func begin(_ token: PersistToken, last: LogIndex, holdsTerm: Bool) {
        newest = token
        if holdsTerm { termToken = token }
        batches.append(Batch(token: token, last: last))
    }

    /// Notes that all up to `token` is durable.
    mutating func persisted(_ token: PersistToken) {
        durable = max(durable, min(token, newest))
        let done = batches.prefix { $0.token <= token }
        if let batch = done.last { index = batch.last }
        batches.removeFirst(done.count)
    }

    /// Notes that a snapshot holds all up to `position`, whatever batches are still to come.
    mutating func raise(to position: LogIndex) {
        index = max(index, position)
        for place in batches.indices { batches[place].last = max(batches[place].last, position) }
    }

    /// Notes that the log begins anew behind a snapshot: what older batches wrote is not in it.
    mutating func reset(to position: LogIndex) {
        index = position
        for place in batches.indices { batches[place].last = position }
    }

    /// Notes that the log was cut: what older batches wrote behind the cut is not in the log any
    /// more, even when the same indices are written again.
    mutating func truncate(after cut: LogIndex) {
        index = min(index, cut)
        for place in batches.indices { batches[place].last = min(batches[place].last, cut) }
    }
}
