import Replication
import Storage

/// A broken promise of consensus, with the seed that shows it.
struct BrokenPromise: Error, CustomStringConvertible {
    var description: String
}

/// Cores, their disks and their network in one thread, under one seed.
///
/// The network drops, doubles and reorders; disks are slow, fill up, and lose the end of a log;
/// nodes crash and forget what was not durable, compact their logs and send each other snapshots.
/// After each step the promises of Raft are checked against all that ever happened.
struct ConsensusCluster {
    struct Entry: Hashable {
        var term: Term
        var content: UInt64
        var membership: Membership?
    }

    struct Envelope {
        var message: Message
        var entries: [Entry]
        var from: NodeIdentity
        var to: NodeIdentity
    }

    struct Node {
        var core: Consensus
        var disk: Disk
        var memory: Disk
        var writes: [Write] = []
        var batches: [(token: PersistToken, writes: [Write])] = []
        var gated: [(token: PersistToken, envelope: Envelope)] = []
    }

    let identities: [NodeIdentity]
    /// The voters of the first entry.
    let voters: [NodeIdentity]
    /// Whether chance changes the members.
    var changesMembers: Bool
    /// Whether changes must follow one another as they should, and not only keep the promises.
    var checksChanges = true
    var nodes: [NodeIdentity: Node] = [:]
    var network: [Envelope] = []
    /// Messages that come long after they were sent.
    var late: [Envelope] = []
    var cut: Set<NodeIdentity> = []
    var paused: Set<NodeIdentity> = []
    /// Whose disks take no entries.
    var full: Set<NodeIdentity> = []
    /// Snapshots that are on their way.
    var transfers: [Transfer] = []
    /// What senders are yet to hear of their snapshots.
    var reports: [(to: NodeIdentity, input: Input)] = []
    var events: [Event: Int] = [:]
    /// What was delivered, once a test asks for it.
    var delivered: [Envelope]?
    var now = Instant(nanoseconds: 0)
    var generator: SeededGenerator
    var history = ConsensusHistory()
    /// Orders to hand over that have not ended, since each node started.
    var transferOrders: [NodeIdentity: Int] = [:]
    let policy: @Sendable (NodeIdentity) -> any ElectionPolicy
    private var lastContent: UInt64 = 1
    private var lastTicket: UInt64 = 0

    /// Creates a cluster whose voters hold the first entry; the disks of the others are empty.
    ///
    /// Chance changes the members if there are spares, the first of which is a new incarnation of
    /// the first voter.
    init(
        voters count: Int,
        learners: Int = 0,
        spares: Int = 0,
        seed: UInt64,
        policy: @escaping @Sendable (NodeIdentity) -> any ElectionPolicy = { _ in
            RandomizedElection()
        }
    ) {
        self.policy = policy
        generator = SeededGenerator(seed: seed)
        let members = (1...count + learners).map {
            NodeIdentity(id: "n\($0)", incarnation: "000000000000000\($0)")
        }
        identities = members + Self.spares(spares, after: members.count)
        voters = Array(members.prefix(count))
        changesMembers = spares > 0
        let membership = Membership(
            incoming: members.enumerated().map { place, identity in
                ConsensusBench.member(identity, place < count ? .voter : .learner)
            }
        )
        let first = Entry(term: Term(1), content: 1, membership: membership)
        for (place, identity) in identities.enumerated() {
            var disk = Disk()
            if place < count { disk = Disk(vote: Vote(term: Term(1)), entries: [first]) }
            start(identity, from: disk)
        }
        history.remember(first, at: 1, after: .zero)
    }

    func node(_ identity: NodeIdentity) -> Node {
        guard let node = nodes[identity] else { preconditionFailure("no node \(identity)") }
        return node
    }

    mutating func start(_ identity: NodeIdentity, from disk: Disk) {
        var restored = Consensus.Restored(
            identity: identity,
            vote: disk.vote,
            log: disk.log,
            memberships: disk.memberships,
            commitIndex: LogIndex(UInt64(disk.snapshot.count)),
            lost: disk.lost
        )
        restored.mayHaveAsked = nodes[identity] != nil
        var configuration = Consensus.Configuration()
        configuration.electionTimeout = .milliseconds(30)
        configuration.heartbeatInterval = .milliseconds(5)
        configuration.failoverStagger = .milliseconds(2)
        configuration.commitDelay = .milliseconds(1)
        configuration.maximumAppendEntries = 2
        configuration.maximumInflightAppends = 3
        configuration.maximumUncommittedBytes = 4000
        configuration.failbackStableTime = .milliseconds(40)
        configuration.failbackMaximumWait = .seconds(1)
        transferOrders[identity] = 0
        let core = Consensus(
            restored,
            configuration: configuration,
            policy: policy(identity),
            seed: generator.next(),
            now: now
        )
        nodes[identity] = Node(core: core, disk: disk, memory: disk)
    }

    // A class of bugs hides where cores and the shell's idea of the log part: both are kept.
    mutating func step(_ identity: NodeIdentity, _ input: Input, entries: [Entry] = []) throws {
        var node = node(identity)
        let quorum = Quorum(node.core.membership)
        let effects = node.core.step(input, now: now)
        for effect in effects {
            try perform(effect, on: &node, identity, received: (input, entries))
        }
        guard node.core.lastPosition == node.memory.last,
            node.core.log.before == node.memory.position(at: node.memory.before)
        else {
            throw BrokenPromise(description: "\(identity): core and shell disagree on the log")
        }
        try checkMembership(of: node, identity)
        nodes[identity] = node
        if let highest = effects.compactMap({ effect -> LogIndex? in
            if case .commit(let index) = effect { index } else { nil }
        }).last {
            try history.committed(highest, by: identity, quorum, in: self)
        }
    }

    private mutating func perform(
        _ effect: Effect,
        on node: inout Node,
        _ identity: NodeIdentity,
        received: (input: Input, entries: [Entry])
    ) throws {
        switch effect {
        case .role(let role, let term, _):
            try checkMayCampaign(node, identity, role)
            if role == .leader { try history.elected(identity, term, node.memory.entries) }
        case .refused, .unreadable, .commit: return
        case .contradicted(let found): throw BrokenPromise(description: "\(found)")
        case .changeRefused(let refusal): note(refusal)
        case .transferBegan(_, let cause): events[.began(cause), default: 0] += 1
        case .transferEnded(let end): try endTransfer(end, of: identity)
        case .sendSnapshot(let peer): try order(snapshotOf: node, from: identity, to: peer)
        case .vote(let vote): write(.vote(vote), on: &node)
        case .truncate(let index):
            guard index >= history.commits[identity] ?? .zero else {
                throw BrokenPromise(description: "\(identity) truncates committed entries")
            }
            try checkHasRoom(identity)
            try history.truncated(node.memory.entries, after: index, in: node.core.term)
            let isUnwound = node.memory.memberships.last.map { $0.index > index } ?? false
            if isUnwound { events[.unwound, default: 0] += 1 }
            write(.truncate(after: index), on: &node)
        case .append(let appended):
            try checkHasRoom(identity)
            try checkChange(appended, of: node, identity)
            let new = try content(of: appended, received)
            try history.remember(new, after: node.memory.entries)
            write(.append(new), on: &node)
        case .persist(let token):
            node.batches.append((token, node.writes))
            node.writes = []
        case .send(let message, let peer, let token):
            let envelope = Envelope(
                message: message,
                entries: try payload(of: message, node),
                from: identity,
                to: peer
            )
            if let token { node.gated.append((token, envelope)) } else { network.append(envelope) }
        case .readable(let ticket, let index): try history.read(ticket, at: index)
        }
    }

    private func write(_ write: Write, on node: inout Node) {
        node.memory.apply(write)
        node.writes.append(write)
    }

    private mutating func content(
        of appended: Appended,
        _ received: (input: Input, entries: [Entry])
    ) throws -> [Entry] {
        switch appended {
        case .noop(let position): return [newEntry(position.term)]
        case .members(let position, let membership):
            var entry = newEntry(position.term)
            entry.membership = membership
            return [entry]
        case .proposals(let first, let count):
            return (0..<count).map { _ in newEntry(first.term) }
        case .received(let range):
            guard case .receive(.append(let append), _) = received.input else {
                throw BrokenPromise(description: "entries out of nowhere")
            }
            let skipped = Int(range.lowerBound.value - append.entries.first.value)
            let count = Int(range.upperBound.value - range.lowerBound.value) + 1
            return Array(received.entries[skipped..<skipped + count])
        }
    }

    private mutating func newEntry(_ term: Term) -> Entry {
        lastContent += 1
        return Entry(term: term, content: lastContent)
    }

    private func payload(of message: Message, _ node: Node) throws -> [Entry] {
        guard case .append(let append) = message, !append.entries.isEmpty else { return [] }
        guard append.entries.first > node.memory.before else {
            throw BrokenPromise(description: "entry \(append.entries.first) is sent and gone")
        }
        let first = Int(append.entries.first.value) - 1
        return Array(node.memory.entries[first..<first + append.entries.count])
    }
}

extension ConsensusCluster {
    /// Delivers the message at `place` of the network, through its line.
    mutating func deliver(_ place: Int) throws {
        let envelope = network.remove(at: place)
        guard !cut.contains(envelope.from), !cut.contains(envelope.to) else { return }
        guard !paused.contains(envelope.to) else { return network.append(envelope) }
        var message = try Message(lineBytes: envelope.message.lineBytes)
        delivered?.append(envelope)
        if case .append(var append) = message {
            for (place, entry) in envelope.entries.enumerated() {
                guard let membership = entry.membership else { continue }
                let index = LogIndex(append.entries.first.value + UInt64(place))
                append.entries.memberships.append(
                    MembershipEntry(index: index, membership: membership)
                )
            }
            message = .append(append)
        }
        try step(
            envelope.to,
            .receive(message, from: envelope.from),
            entries: envelope.entries
        )
    }

    /// Ends the oldest write of a node's disk.
    mutating func persist(_ identity: NodeIdentity) throws {
        var node = node(identity)
        guard !node.batches.isEmpty, !paused.contains(identity) else { return }
        let batch = node.batches.removeFirst()
        let wasDamaged = node.disk.lost != nil
        for write in batch.writes { node.disk.apply(write) }
        if wasDamaged, node.disk.lost == nil { events[.healed, default: 0] += 1 }
        network += node.gated.filter { $0.token <= batch.token }.map(\.envelope)
        node.gated.removeAll { $0.token <= batch.token }
        nodes[identity] = node
        try step(identity, .persisted(batch.token))
    }

    /// Ends a node, which forgets what was not durable, and starts it again.
    mutating func crash(_ identity: NodeIdentity) throws {
        var disk = node(identity).disk
        disk.recover()
        try restart(identity, from: disk)
    }

    mutating func restart(_ identity: NodeIdentity, from disk: Disk) throws {
        start(identity, from: disk)
        history.commits[identity] = LogIndex(UInt64(disk.snapshot.count))
        if full.contains(identity) { try step(identity, .disk(isFull: true)) }
    }

    /// One event by chance, of a network and disks that are `faulty` or only slow.
    mutating func happen(faulty: Bool) throws {
        // More nodes have more to say to each other in the same time.
        now = now + .microseconds(Int64(generator.next() % (identities.count > 6 ? 200 : 500)))
        for identity in identities
        where node(identity).core.nextDeadline <= now && !paused.contains(identity) {
            try step(identity, .timer)
        }
        let some = identities[Int(generator.next() % UInt64(identities.count))]
        switch generator.next() % 1000 {
        case 0..<430: try deliverSome()
        case 430..<450: try transferSome(faulty: faulty)
        case 450..<700: try persist(some)
        case 700..<720 where changesMembers: try changeSome(by: some)
        case 700..<795: try proposeSome(to: some)
        case 795..<800: try orderTransfer(by: some)
        case 800..<850: try readSome(from: some)
        case 850..<1000 where !faulty: try persist(some)
        case 850..<870: if !network.isEmpty { network.removeFirst() }
        case 870..<880: if !network.isEmpty { late.append(network.removeFirst()) }
        case 880..<890: if !late.isEmpty { network.insert(late.removeFirst(), at: 0) }
        case 890..<930: if let first = network.first { network.append(first) }
        case 930..<934: try crash(some)
        case 934..<936: cut.insert(some)
        case 936..<942: cut.remove(some)
        case 942..<943: if !paused.contains(some) { try pause(some) }
        case 943..<949: if paused.contains(some) { try pause(some) }
        case 949..<957: try reconnect(some)
        case 957..<977: try compactSome(of: some)
        case 977..<979: try damageSome(of: some)
        case 979..<980: if !full.contains(some) { try turnDisk(of: some) }
        case 980..<988: if full.contains(some) { try turnDisk(of: some) }
        case 988..<992: try tellLies(to: some)
        default: try persist(some)
        }
    }

    private mutating func deliverSome() throws {
        guard !network.isEmpty else { return }
        let isOrderly = generator.next() % 4 > 0
        try deliver(isOrderly ? 0 : Int(generator.next() % UInt64(network.count)))
    }

    private mutating func proposeSome(to identity: NodeIdentity) throws {
        guard !paused.contains(identity) else { return }
        let count = Int(generator.next() % 3) + 1
        try step(identity, .propose(bytes: Array(repeating: 100, count: count)))
    }

    private mutating func orderTransfer(by identity: NodeIdentity) throws {
        guard !paused.contains(identity) else { return }
        let place = Int(generator.next() % UInt64(identities.count + 1))
        let target = identities.indices.contains(place) ? identities[place] : nil
        transferOrders[identity, default: 0] += 1
        try step(identity, .transfer(to: target))
    }

    private mutating func endTransfer(_ end: TransferEnd, of identity: NodeIdentity) throws {
        if case .moved = end { events[.moved, default: 0] += 1 }
        transferOrders[identity, default: 0] -= 1
        guard transferOrders[identity, default: 0] >= 0 else {
            throw BrokenPromise(description: "\(identity) ends a hand-over twice")
        }
    }

    private mutating func readSome(from identity: NodeIdentity) throws {
        guard !paused.contains(identity) else { return }
        lastTicket += 1
        history.asked(ReadTicket(lastTicket))
        try step(identity, .read(ReadTicket(lastTicket)))
    }

    /// Stops a process, or lets it go on; what it does first is to answer a read.
    private mutating func pause(_ identity: NodeIdentity) throws {
        guard paused.remove(identity) == nil else { return try readSome(from: identity) }
        paused.insert(identity)
    }

    private mutating func reconnect(_ identity: NodeIdentity) throws {
        guard !paused.contains(identity),
            let peer = identities.first(where: { $0 != identity && !cut.contains($0) })
        else {
            return
        }
        try step(identity, .disconnected(peer))
        try step(identity, .connected(peer))
    }

    /// Runs without faults until `isDone`, for at most `steps` events.
    mutating func run(steps: Int, until isDone: (ConsensusCluster) -> Bool) throws -> Bool {
        cut = []
        paused = []
        for identity in identities where full.contains(identity) { try turnDisk(of: identity) }
        for _ in 0..<steps {
            if isDone(self) { return true }
            try happen(faulty: false)
            while !network.isEmpty, network.count > 50 { try deliver(0) }
        }
        return isDone(self)
    }
}
