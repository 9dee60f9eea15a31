import Replication
import Storage
import TestSupport
import Testing

/// When a node orders snapshots, and what it lets go behind them.
@Suite struct NodeSnapshotTests {
    /// The only voter of its cluster; its journal is an array of lines, its snapshots are kept.
    private struct Keeper {
        static let identity = NodeIdentity(id: "n1", incarnation: "00000000000000aa")
        static let membership = Membership(
            incoming: [Member(identity: identity, peerAddress: "a:1", clientAddress: "a:2")]
        )
        var node: Node
        var lines: [[UInt8]]
        var snapshots: [(SnapshotHead, @Sendable (inout SnapshotWriter) throws -> Void)] = []
        var compactions: [LogIndex] = []
        var logged: [String] = []
        var loads = 0
        var now = Moment(instant: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 5_000))
        private let configuration: NodeConfiguration

        init(_ adjust: (inout SnapshotLimits) -> Void) {
            var configuration = NodeConfiguration(
                peerAddress: "a:1",
                clientAddress: "a:2",
                plan: FormationPlan(addresses: ["a:1"], expect: 1),
                seed: 1
            )
            configuration.snapshots.compacts = true
            configuration.snapshots.trailingBytes = 0
            configuration.snapshots.trailingEntries = 0
            adjust(&configuration.snapshots)
            self.configuration = configuration
            lines = [
                LogEntry(
                    position: LogPosition(index: LogIndex(1), term: Term(1)),
                    time: Timestamp(milliseconds: 1_000),
                    payload: .members(Self.membership, cluster: "c1")
                ).line
            ]
            node = Self.node(configuration, terms: LogTerms(through: 1), nil, now)
            lead()
        }

        private static func node(
            _ configuration: NodeConfiguration,
            terms: LogTerms,
            _ state: ReplicatedState<Register>?,
            _ now: Moment
        ) -> Node {
            Node(
                restored: RestoredNode(
                    identity: identity,
                    cluster: "c1",
                    vote: Vote(term: terms.last.term),
                    log: terms,
                    memberships: [MembershipEntry(index: LogIndex(1), membership: membership)],
                    lastTime: Timestamp(milliseconds: 1_000)
                ),
                state: state ?? ReplicatedState<Register>(),
                configuration: configuration,
                now: now
            )
        }

        /// Starts again from a state, with the same log.
        mutating func restart(from state: ReplicatedState<Register>, _ terms: LogTerms) {
            (snapshots, compactions, loads) = ([], [], 0)
            node = Self.node(configuration, terms: terms, state, now)
        }

        mutating func lead() {
            carryOut(node.start())
            now.instant = node.nextDeadline
            step(.timer)
        }

        mutating func step(_ input: NodeInput) {
            carryOut(node.step(input, now: now))
            carryOut(node.step(.turnEnded, now: now))
        }

        /// Applies entries; the first one's value is long.
        mutating func append(_ count: Int, bytes: Int = 1) {
            for number in 0..<count {
                let value = String(repeating: "x", count: number == 0 ? bytes : 1)
                let key = "\(node.status.last) \(number)"
                step(
                    .request(
                        ClientRequest(
                            ticket: Ticket(node.status.last.value + 1),
                            lane: 1,
                            body: Register.Append(value: value).lineBytes,
                            caller: Caller(),
                            key: key,
                            entropy: Entropy([UInt8](repeating: 0, count: 64))
                        )
                    )
                )
            }
        }

        private mutating func carryOut(_ orders: [NodeEffect]) {
            for order in orders {
                switch order {
                case .persist(let records, let token):
                    for case .entry(_, let line) in records { lines.append(line) }
                    step(.persisted(token))
                case .load(let after, let through, _):
                    loads += 1
                    step(.loaded(Array(lines[Int(after.value)..<Int(through.value)])))
                case .snapshot(let head, let body): snapshots.append((head, body))
                case .compact(let index): compactions.append(index)
                case .log(_, let text): logged.append(text)
                default: break
                }
            }
        }

        /// What the newest snapshot would be read back as.
        func restored() throws -> ReplicatedState<Register> {
            let (head, body) = try #require(snapshots.last)
            return try SnapshotCopy().state(head) { (writer) throws(SnapshotError) in
                do { try body(&writer) } catch { throw .invalid("\(error)") }
            }
        }
    }

    @Test @Aside func `a snapshot is due by entries, one at a time`() throws {
        var keeper = Keeper { $0.entries = 10 }
        keeper.append(7)
        #expect(keeper.node.status.applied == LogIndex(9))
        #expect(keeper.snapshots.isEmpty)
        keeper.append(15)
        let head = try #require(keeper.snapshots.first).0
        #expect(keeper.snapshots.count == 1)
        #expect(head.position == LogPosition(index: LogIndex(10), term: Term(2)))
        #expect(head.cluster == "c1" && head.membershipIndex == LogIndex(1))
        #expect(head.membership == Keeper.membership.lineBytes)
        // What came meanwhile counts for the next one.
        keeper.step(.snapshotted(head.position, bytes: 1))
        #expect(keeper.snapshots.map(\.0.position.index.value) == [10, 24])
        #expect(keeper.compactions == [LogIndex(10)])
    }

    @Test @Aside func `the copy stays as it was while the node goes on`() throws {
        var keeper = Keeper { $0.entries = 10 }
        keeper.append(40)
        let state = try keeper.restored()
        #expect(state.applied.index == LogIndex(10))
        #expect(state.machine.values.count == 8)
        #expect(state.exactlyOnce.count == 8)
    }

    @Test @Aside func `a snapshot is due by bytes`() {
        var keeper = Keeper { $0.bytes = 100_000 }
        keeper.append(1, bytes: 60_000)
        #expect(keeper.snapshots.isEmpty)
        keeper.append(2, bytes: 60_000)
        #expect(keeper.snapshots.map(\.0.position.index.value) == [4])
        keeper.step(.snapshotted(keeper.snapshots[0].0.position, bytes: 1))
        keeper.append(3, bytes: 60_000)
        #expect(keeper.snapshots.count == 1)
    }

    @Test @Aside func `a failed snapshot is told, and tried again after a while`() {
        var keeper = Keeper { $0.entries = 10 }
        keeper.append(10)
        keeper.step(.snapshotFailed("no space left"))
        #expect(keeper.logged.contains { $0.contains("no space left") })
        keeper.append(50)
        keeper.now.instant = keeper.now.instant + .seconds(59)
        keeper.step(.timer)
        #expect(keeper.snapshots.count == 1)
        keeper.now.instant = keeper.now.instant + .seconds(1)
        keeper.step(.timer)
        #expect(keeper.snapshots.map(\.0.position.index.value) == [10, 62])
        #expect(keeper.compactions == [])
    }

    @Test @Aside func `of two windows the larger one stays`() {
        var byEntries = Keeper {
            $0.entries = 100
            $0.trailingEntries = 30
            $0.trailingBytes = 100
        }
        byEntries.append(100)
        byEntries.step(.snapshotted(byEntries.snapshots[0].0.position, bytes: 1))
        #expect(byEntries.compactions == [LogIndex(70)])

        var byBytes = Keeper {
            $0.entries = 100
            $0.trailingEntries = 5
            $0.trailingBytes = 50_000
        }
        byBytes.append(50)
        byBytes.append(50, bytes: 60_000)
        byBytes.step(.snapshotted(byBytes.snapshots[0].0.position, bytes: 1))
        #expect(byBytes.compactions.count == 1)
        // Entry 53 is the long one: it is in the window.
        let through = byBytes.compactions.first?.value ?? 0
        #expect((30...52).contains(through), "\(through)")
    }

    @Test @Aside func `nothing is compacted where windows are not full, or it is not allowed`() {
        var full = Keeper {
            $0.entries = 10
            $0.trailingEntries = 1_000
        }
        var forbidden = Keeper {
            $0.entries = 10
            $0.compacts = false
        }
        full.append(10)
        forbidden.append(10)
        full.step(.snapshotted(full.snapshots[0].0.position, bytes: 1))
        forbidden.step(.snapshotted(forbidden.snapshots[0].0.position, bytes: 1))
        #expect(full.compactions == [] && forbidden.compactions == [])
    }

    @Test @Aside func `a damaged file is covered by a snapshot and then goes`() {
        var keeper = Keeper { $0.compacts = false }
        keeper.append(10)
        keeper.step(.damaged(through: LogIndex(5)))
        #expect(keeper.snapshots.map(\.0.position.index.value) == [12])
        keeper.step(.snapshotted(keeper.snapshots[0].0.position, bytes: 1))
        #expect(keeper.compactions == [LogIndex(5)])
        // A snapshot that was damaged itself is written again, though nothing is new.
        keeper.step(.damaged(through: LogIndex(12)))
        #expect(keeper.snapshots.map(\.0.position.index.value) == [12, 12])
        keeper.step(.snapshotted(keeper.snapshots[0].0.position, bytes: 1))
        #expect(keeper.compactions == [LogIndex(5), LogIndex(12)])
        keeper.append(10)
        #expect(keeper.snapshots.count == 2)
    }

    @Test @Aside func `damage behind what is applied waits until it is applied`() {
        var keeper = Keeper { _ in }
        keeper.append(3)
        keeper.step(.damaged(through: LogIndex(9)))
        #expect(keeper.snapshots.isEmpty)
        keeper.append(10)
        #expect(keeper.snapshots.map(\.0.position.index.value) == [9])
    }

    @Test @Aside func `a node goes on from a snapshot with the log behind it`() throws {
        var keeper = Keeper { $0.entries = 10 }
        keeper.append(20)
        let state = try keeper.restored()
        var terms = LogTerms(before: LogPosition(index: LogIndex(7), term: Term(2)))
        terms.append(term: Term(2), count: 15)
        keeper.restart(from: state, terms)
        #expect(keeper.node.status.applied == LogIndex(10))
        keeper.lead()
        // The log behind the snapshot was read, and the first entry of the new term applied.
        #expect(keeper.node.status.applied == LogIndex(23))
        #expect(keeper.loads == 1)
        #expect(keeper.snapshots.map(\.0.position.index.value) == [23])
        let again = try keeper.restored()
        #expect(again.machine.values.count == 20)
        keeper.append(1)
        #expect(keeper.node.status.applied == LogIndex(24))
    }
}

extension LogTerms {
    /// Entries of term 1.
    fileprivate init(through index: Int) {
        self.init()
        append(term: Term(1), count: index)
    }
}
