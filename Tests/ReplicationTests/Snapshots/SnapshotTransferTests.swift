import Replication
import Storage
import TestSupport
import Testing

/// A snapshot on its way from one disk to another.
@Suite struct SnapshotTransferTests {
    private static let head = SnapshotCopy.head(42)

    /// A snapshot with lines of these lengths.
    private static func store(_ lengths: [Int]) throws -> (SnapshotStore, MemoryFileSystem) {
        let disk = MemoryFileSystem()
        try disk.createDirectory("data")
        let store = SnapshotStore(directory: "data", fileSystem: disk)
        try store.write(head) { (writer) throws(SnapshotError) in
            for length in lengths {
                try writer.line { $0.member("value", String(repeating: "x", count: length)) }
            }
        }
        return (store, disk)
    }

    /// Asks for pieces and takes them until nothing is missing; `between` may do anything to the
    /// receiver's disk.
    private static func copy(
        from source: SnapshotStore,
        to target: SnapshotStore,
        between: (Int) -> Void = { _ in }
    ) throws -> [SnapshotPiece] {
        var pieces: [SnapshotPiece] = []
        var (offset, whole) = (0, 1)
        while offset < whole {
            guard
                case .snapshotRead(let read, _) = source.carryOut(
                    .read(
                        head.position,
                        offset: offset,
                        maximumBytes: 256 << 10,
                        for: NodeIdentity(id: "n2", incarnation: "00000000000000aa")
                    )
                )
            else { break }
            let (lines, bytes) = try read.result.get()
            whole = bytes
            let piece = SnapshotPiece(
                term: Term(1),
                position: head.position,
                bytes: bytes,
                offset: offset,
                lines: lines.count
            )
            pieces.append(piece)
            #expect(lines.allSatisfy { $0.last == 0x0A })
            guard case .snapshotReceived(_, let result) = target.carryOut(.receive(piece, lines))
            else { break }
            offset = try result.get()
            between(pieces.count)
        }
        return pieces
    }

    private static func empty() throws -> (SnapshotStore, MemoryFileSystem) {
        let disk = MemoryFileSystem()
        try disk.createDirectory("data")
        try disk.syncDirectory("/")
        return (SnapshotStore(directory: "data", fileSystem: disk), disk)
    }

    /// Reads its lines to the end, and takes them for an empty state.
    private static func install(_ store: SnapshotStore, bytes: Int) throws -> Bool {
        let order = SnapshotOrder.install(head.position, bytes: bytes) {
            (reader) throws(SnapshotError) in
            while try reader.next({ (_, reader) throws(LineError) in _ = try reader.skip() }) {}
            return ReplicatedState<Register>()
        }
        guard case .snapshotChecked(_, let result) = store.carryOut(order) else { return false }
        return try result.get().applied == .zero
    }

    private static let path = "data/snapshot-0000000042.jsonl"

    @Test @Aside func `it goes over in pieces of whole lines, a long line alone`() throws {
        let lengths = [Int](repeating: 9_000, count: 40) + [600_000, 1, 1]
        let (source, disk) = try Self.store(lengths)
        let (target, copy) = try Self.empty()
        let pieces = try Self.copy(from: source, to: target)
        #expect((4...6).contains(pieces.count))
        #expect(pieces.contains { $0.lines == 1 })
        let bytes = try #require(disk.contents(of: Self.path))
        #expect(try Self.install(target, bytes: bytes.count))
        #expect(copy.contents(of: Self.path) == bytes)
        #expect(try target.newest().head == Self.head)
        #expect(try copy.list("data") == ["snapshot-0000000042.jsonl"])
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `it goes on where a crash left it, or begins anew`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let (source, disk) = try Self.store([Int](repeating: 20_000, count: 60))
        let (target, copy) = try Self.empty()
        let straight = try Self.copy(from: source, to: try Self.empty().0).count
        let pieces = try Self.copy(from: source, to: target) { count in
            guard count % 3 == 2 else { return }
            if seed % 2 == 0 {
                copy.processCrash()
            } else {
                copy.powerLoss(using: &generator)
            }
        }
        #expect(straight > 3)
        #expect(seed % 2 == 0 ? pieces.count == straight : pieces.count >= straight)
        let bytes = try #require(disk.contents(of: Self.path))
        // A power loss may leave anything: what is found damaged in the end is sent anew.
        for _ in 0..<3 where copy.contents(of: Self.path) == nil {
            do {
                _ = try Self.install(target, bytes: bytes.count)
            } catch {
                #expect(seed % 2 == 1)
                _ = try Self.copy(from: source, to: target)
            }
        }
        #expect(copy.contents(of: Self.path) == bytes)
    }

    @Test @Aside func `a state that is of no use here leaves the directory as it was`() throws {
        let (source, disk) = try Self.store([10, 20])
        let (target, copy) = try Self.empty()
        _ = try Self.copy(from: source, to: target)
        let bytes = try #require(disk.contents(of: Self.path)).count
        let order = SnapshotOrder.install(Self.head.position, bytes: bytes) {
            (_) throws(SnapshotError) in throw .invalid("of another cluster")
        }
        guard case .snapshotChecked(_, .failure(let error)) = target.carryOut(order) else {
            Issue.record("it was taken")
            return
        }
        #expect(error == .invalid("of another cluster"))
        #expect(try copy.list("data") == [])
    }
}
