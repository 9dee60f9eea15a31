import ChatCore
import ChatService
import FoundationEssentials
import Replication
import ReplicationCollections
import Storage
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What copy-on-write and snapshots cost.
///
/// `Tests/Benchmarks/snapshots.sh` runs it with large sizes in a release build; `swift test` with
/// small ones, so that it goes on to work.
@Suite struct SnapshotBenchmark {
    private static func numbers(_ name: String, or others: [Int]) -> [Int] {
        let text = ProcessInfo.processInfo.environment[name] ?? ""
        let given = text.split(separator: " ").compactMap { Int($0) }
        return given.isEmpty ? others : given
    }
    private static let isQuiet = ProcessInfo.processInfo.environment["SNAPSHOT_SIZES"] == nil
    private static let sizes = numbers("SNAPSHOT_SIZES", or: [400])
    private static let messages = numbers("SNAPSHOT_MESSAGES", or: [300])

    private static func say(_ line: String) {
        if !isQuiet { print("| \(line)") }
    }

    private static func time(_ body: () throws -> Void) rethrows -> Duration {
        try ContinuousClock().measure(body)
    }

    /// What this thread has used of the processor: other processes do not count, a copy does.
    private static func used() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    /// Milliseconds with three decimals.
    private static func text(_ duration: Duration) -> String {
        let microseconds = duration.components.attoseconds / 1_000_000_000_000
        let whole = duration.components.seconds * 1_000 + microseconds / 1_000
        let rest = String(microseconds % 1_000)
        return "\(whole).\(String(repeating: "0", count: 3 - rest.count))\(rest) ms"
    }

    /// The longest and the mean of writes, in processor time: without a copy, and after one was frozen.
    private static func report<State>(
        _ name: String,
        _ count: Int,
        _ state: inout State,
        writes: Int = 2_000,
        _ write: (inout State, Int) -> Void
    ) {
        var lines: [String] = []
        for isFrozen in [false, true] {
            let frozen = isFrozen ? state : nil
            var (longest, total) = (Duration.zero, Duration.zero)
            for number in 0..<writes {
                let start = used()
                write(&state, number)
                let took = used() - start
                longest = max(longest, took)
                total += took
            }
            lines.append("longest \(text(longest)), mean \(text(total / writes))")
            withExtendedLifetime(frozen) {}
        }
        say("\(name), \(count): \(lines[0]); after a freeze: \(lines[1])")
    }

    @Test(arguments: sizes) @Aside func `writes after a freeze copy little`(size: Int) throws {
        var generator = SeededGenerator(seed: 1)
        let keys = (0..<2_000).map { _ in Int.random(in: 0..<size, using: &generator) }
        var map = SortedMap<Int, String>()
        for key in 0..<size { map[key] = "value \(key)" }
        Self.report("SortedMap, replace", size, &map) { $0[keys[$1]] = "other value" }
        Self.report("SortedMap, add and remove", size, &map) {
            $0[size + $1] = "new"
            $0[keys[$1]] = nil
        }
        var array = ChunkedArray<String>()
        for key in 0..<size { array.append("value \(key)") }
        Self.report("ChunkedArray, replace", size, &array) { $0[keys[$1]] = "other value" }
        Self.report("ChunkedArray, append", size, &array) { $0.append("new \($1)") }
        var plain: [Int: String] = [:]
        for key in 0..<size { plain[key] = "value \(key)" }
        Self.report("for comparison, Dictionary", size, &plain) { $0[keys[$1]] = "other" }
        #expect(map.count >= size && array.count > size)
    }

    /// A chat of some accounts that write to each other, through the log.
    private struct Talk {
        static let accounts = 200
        var state = ReplicatedState<ChatState>()
        var index: UInt64 = 0
        var sessions: [SessionID] = []
        var generator = SeededGenerator(seed: 7)
        let text = String(repeating: "a message of some length ", count: 5)

        init(messages: Int) throws {
            for account in 0..<Self.accounts {
                try apply(.register(.init(name: "user\(account)", passwordHash: "$y$j9T$h")))
                let version = index
                let token = try #require(TokenHash(SHA256.hash(Array("\(account)".utf8))))
                let login = ChatState.Login(
                    name: "user\(account)",
                    passwordVersion: version,
                    token: token
                )
                try apply(.login(login))
                sessions.append(SessionID(entry: index))
            }
            for _ in 0..<messages { try send() }
        }

        mutating func send() throws {
            let from = Int.random(in: 0..<Self.accounts, using: &generator)
            let to = Int.random(in: 0..<Self.accounts, using: &generator)
            try apply(.send(.init(session: sessions[from], to: "user\(to)", text: text)))
        }

        mutating func read() throws {
            let by = Int.random(in: 0..<Self.accounts, using: &generator)
            try apply(.read(.init(session: sessions[by], which: .next(3, with: nil))))
        }

        private mutating func apply(_ operation: ChatState.Operation) throws {
            index += 1
            let proposal = Proposal(
                by: "aa1",
                key: "key of entry \(index)",
                request: String(repeating: "0", count: 64),
                operation: operation.lineBytes
            )
            _ = try state.apply(
                LogEntry(
                    position: LogPosition(index: LogIndex(index), term: Term(1)),
                    time: Timestamp(milliseconds: Int64(index)),
                    payload: .operation(proposal)
                )
            )
        }
    }

    @Test(arguments: sizes) @Aside func `a chat goes on after a freeze`(size: Int) throws {
        var talk = try Talk(messages: size)
        Self.report("the whole state of a chat, send", size, &talk) { talk, _ in
            #expect(throws: Never.self) { try talk.send() }
        }
        Self.report("the whole state of a chat, read", size, &talk) { talk, _ in
            #expect(throws: Never.self) { try talk.read() }
        }
        let more = min(size, 20_000)
        let before = Self.residentKiB()
        for _ in 0..<more { try talk.send() }
        let without = Self.residentKiB()
        let frozen = talk.state
        for _ in 0..<more { try talk.send() }
        Self.say(
            "memory, \(size) messages: \(before) KiB; \(more) more: + \(without - before) KiB;"
                + " \(more) more after a freeze: + \(Self.residentKiB() - without) KiB"
        )
        #expect(frozen.applied < talk.state.applied)
    }

    @Test(arguments: messages) @Aside func `a snapshot is written and read back`(count: Int) throws
    {
        let talk = try Talk(messages: count)
        let directory = "/tmp/swift-chat-bench-\(ProcessInfo.processInfo.processIdentifier)"
        let disk = DiskFileSystem()
        try disk.createDirectory(directory)
        defer {
            for name in (try? disk.list(directory)) ?? [] {
                try? disk.remove("\(directory)/\(name)")
            }
            try? FileManager.default.removeItem(atPath: directory)
        }
        let store = SnapshotStore(directory: directory, fileSystem: disk)
        let head = talk.state.head(cluster: "bench")
        var bytes = 0
        let written = try Self.time {
            bytes = try store.write(head) { (writer) throws(SnapshotError) in
                try talk.state.write(to: &writer)
            }
        }
        var again: ReplicatedState<ChatState>?
        let read = try Self.time {
            var reader = try store.read(head.position)
            again = try ReplicatedState(
                from: &reader
            )
        }
        var newest: SnapshotHead?
        let found = try Self.time { newest = try store.newest().head }
        #expect(newest == head)
        #expect(again == talk.state)
        Self.say(
            "snapshot of \(count) messages, as many keys and events: \(bytes) bytes, written in"
                + " \(Self.text(written)), found good in \(Self.text(found)), restored in"
                + " \(Self.text(read))"
        )
    }

    /// The memory that this process holds, where the system tells.
    private static func residentKiB() -> Int {
        let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (pages ?? 0) * 4
    }
}
