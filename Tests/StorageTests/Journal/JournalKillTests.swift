#if os(Linux)
import Glibc
import Storage
import TestSupport
import Testing

/// Real processes on a real file system; `Tests/Campaigns/kill-storage.sh` does this for long.
@Suite struct JournalKillTests {
    @Test(arguments: [1 as UInt64])
    @DiskAside func `a process that is killed loses nothing acknowledged`(seed: UInt64) throws {
        var template = Array("/tmp/swift-chat-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        let root = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        defer { remove(root) }
        let (data, path) = ("\(root)/data", "\(root)/said")
        let file = try DiskFileSystem().create(path)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            let writer = try LoadProcess([
                "write", data, "--milliseconds", "10000", "--seed", "7", "--votes-every", "5",
                "--cuts-every", "7", "--segment", "16384", "--fill", "4096", "--batch", "5",
            ])
            let lines = Int.random(in: 1...60, using: &generator)
            try file.write(writer.kill(afterLines: lines), at: file.size())
            let (found, code) = try LoadProcess(["verify", data, path]).end()
            #expect(code == 0, "after \(lines) lines")
            try file.write(found, at: file.size())
        }
        let said = try file.read(at: 0, count: file.size())
        let acknowledged = said.split(separator: UInt8(ascii: "\n")).count { line in
            line.starts(with: Array("ok ".utf8))
        }
        #expect(acknowledged > 20)
    }

    private func remove(_ root: String) {
        let disk = DiskFileSystem()
        for name in (try? disk.list("\(root)/data")) ?? [] {
            try? disk.remove("\(root)/data/\(name)")
        }
        unsafe rmdir("\(root)/data")
        try? disk.remove("\(root)/said")
        unsafe rmdir(root)
    }
}
#endif
