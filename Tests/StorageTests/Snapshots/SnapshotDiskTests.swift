import Storage
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The same on the machine's own file system, watched.
@Suite struct SnapshotDiskTests {
    @Test @DiskAside func `written, sent, damaged and written again on a real disk`() throws {
        let (from, to) = (try TemporaryDirectory(), try TemporaryDirectory())
        let disk = DiskFileSystem()
        let sender = SnapshotStore(directory: from.path, fileSystem: disk)
        let sample = SnapshotSample(
            7,
            (0..<40).map { "\($0) " + String(repeating: "x", count: 9_000) }
        )
        try SnapshotSample(3).write(to: sender)
        let count = try sample.write(to: sender)
        #expect(try disk.list(from.path) == ["snapshot-0000000007.jsonl"])
        #expect(try sample.isWhole(in: sender))
        let receiving = SnapshotStore(directory: to.path, fileSystem: disk)
        for _ in 0..<2 {
            // The second half goes to a receiver that finds the first.
            let receiver = try receiving.receive(sample.head.position, bytes: count)
            let limit = receiver.offset == 0 ? count / 2 : count
            while receiver.offset < limit {
                let chunk = try sender.chunk(
                    of: sample.head.position,
                    at: receiver.offset,
                    maximumBytes: min(70_000, limit - receiver.offset)
                )
                try receiver.append(chunk.bytes, at: receiver.offset)
            }
            if limit == count { #expect(try receiver.finish() == sample.head) }
        }
        #expect(try sample.isWhole(in: receiving))
        let path = "\(to.path)/snapshot-0000000007.jsonl"
        let file = try disk.open(path)
        let byte = try file.read(at: 200_000, count: 1)
        try file.write([byte[0] ^ 1], at: 200_000)
        file.close()
        let found = try receiving.newest()
        #expect(found.head == nil && found.damages.map(\.file) == [path])
        try sample.write(to: receiving)
        let again = try receiving.newest()
        #expect(again.head == sample.head && again.damages == [])
        #expect(try disk.list(to.path) == ["snapshot-0000000007.jsonl"])
    }

    @Test @DiskAside func `a piece at a time is written, read and sent, and every file is closed`()
        throws
    {
        let directory = try TemporaryDirectory()
        let watch = FileWatch()
        let store = SnapshotStore(
            directory: directory.path,
            fileSystem: WatchedFileSystem(disk: DiskFileSystem(), watch: watch)
        )
        let line = 30_000
        let sample = SnapshotSample(
            7,
            (0..<80).map { "\($0)" + String(repeating: "x", count: line) }
        )
        let count = try sample.write(to: store)
        #expect(count > 2_400_000)
        #expect(try sample.isWhole(in: store))
        #expect(try store.newest().head == sample.head)
        let piece = 256 << 10
        let seen = watch.seen
        #expect(seen.largestRead <= piece && seen.largestWrite <= piece + line + 100)
        // And not by bytes: that would be no piece.
        #expect(seen.largestRead > 100_000 && seen.largestWrite > 100_000)
        #expect(seen.open == 0)
        let receiver = try store.receive(
            LogPosition(index: LogIndex(8), term: Term(3)),
            bytes: count
        )
        try receiver.append([UInt8](repeating: 10, count: count), at: 0)
        #expect(throws: SnapshotError.self) { try receiver.finish() }
        #expect(throws: SnapshotError.self) {
            try store.write(SnapshotSample(9).head) { (_) throws(SnapshotError) in
                throw .invalid("no")
            }
        }
        #expect(watch.seen.open == 0)
    }

    #if os(Linux)
    @Test @DiskAside func `the memory that a large snapshot needs is that of a piece`() async {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let store = SnapshotStore(directory: directory.path, fileSystem: DiskFileSystem())
            let text = [34] + [UInt8](repeating: 120, count: 60_000) + [34]
            let sample = SnapshotSample(7, [])
            let before = Self.peakBytes
            let count = try store.write(sample.head) { (writer) throws(SnapshotError) in
                for _ in 0..<100 {
                    try writer.line { writer in
                        writer.key("text")
                        writer.verbatim(text)
                    }
                }
            }
            var reader = try store.read(sample.head.position)
            func read(_ name: String, _ reader: inout JSONReader) throws(LineError) {
                _ = try reader.verbatim()
            }
            while try reader.next(read) {}
            let taken = Self.peakBytes - before
            // A piece, a line, and what arrays that grow set aside.
            guard count > 6_000_000, taken < 3_000_000 else {
                fatalError("\(count) bytes took \(taken)")
            }
        }
    }

    /// The most memory that this process had so far.
    private static var peakBytes: Int {
        var usage = rusage()
        unsafe getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }
    #endif
}

/// An empty directory that goes, with its files, when nobody needs it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/swift-chat-XXXXXX".utf8CString)
        let isMade = unsafe mkdtemp(&template) != nil
        try #require(isMade)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        let disk = DiskFileSystem()
        for name in (try? disk.list(path)) ?? [] { try? disk.remove("\(path)/\(name)") }
        unsafe rmdir(path)
    }
}
