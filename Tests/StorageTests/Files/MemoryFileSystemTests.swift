import Storage
import Testing

@Suite struct MemoryFileSystemTests {
    let disk = MemoryFileSystem()

    @Test func `what was not synced is lost, kept or torn`() throws {
        var found: Set<[UInt8]> = []
        for seed in 0..<64 as Range<UInt64> {
            let disk = MemoryFileSystem()
            let file = try disk.create("/a")
            try disk.syncDirectory("/")
            try file.write([UInt8](repeating: 1, count: 1_024), at: 0)
            try file.synchronize()
            try file.write([UInt8](repeating: 2, count: 1_024), at: 0)
            lose(disk, seed)
            let bytes = try #require(disk.contents(of: "/a"))
            #expect(bytes.count == 1_024)
            found.insert([bytes[0], bytes[511], bytes[512], bytes[1_023]])
        }
        #expect(found == [[1, 1, 1, 1], [1, 1, 2, 2], [2, 2, 1, 1], [2, 2, 2, 2]])
    }

    @Test func `what was synced stays`() throws {
        let file = try disk.create("/a")
        try file.write([1, 2, 3], at: 0)
        try file.synchronize()
        try disk.syncDirectory("/")
        lose(disk, 1)
        #expect(disk.contents(of: "/a") == [1, 2, 3])
    }

    @Test func `a name that was not synced may be lost`() throws {
        var kept = 0
        for seed in 0..<32 as Range<UInt64> {
            let disk = MemoryFileSystem()
            let file = try disk.create("/a")
            try file.write([1], at: 0)
            try file.synchronize()
            lose(disk, seed)
            if try disk.exists("/a") { kept += 1 }
        }
        #expect((1..<32).contains(kept))
    }

    @Test func `a rename that was not synced leaves one of two states`() throws {
        var found: Set<[String]> = []
        for seed in 0..<32 as Range<UInt64> {
            let disk = MemoryFileSystem()
            _ = try disk.create("/old")
            try disk.syncDirectory("/")
            try disk.rename("/old", to: "/new")
            lose(disk, seed)
            found.insert(try disk.list("/"))
        }
        #expect(found == [["old"], ["new"]])
    }

    @Test func `bytes of a failed sync are read back and never reach the disk`() throws {
        let file = try disk.create("/a")
        try disk.syncDirectory("/")
        try file.write([1], at: 0)
        disk.failSynchronize()
        #expect(throws: FileError.self) { try file.synchronize() }
        #expect(try file.read(at: 0, count: 1) == [1])
        lose(disk, 1)
        #expect(disk.contents(of: "/a") == [])
    }

    @Test func `a crashed machine answers no call until it is back`() throws {
        let file = try disk.create("/a")
        disk.crash(afterCalls: 1, .during)
        try file.write([1, 1], at: 0)
        #expect(throws: FileError.self) { try file.write([2, 2], at: 0) }
        #expect(throws: FileError.self) { _ = try disk.exists("/a") }
        disk.processCrash()
        #expect(disk.contents(of: "/a") == [2, 1])
        #expect(throws: FileError.self) { _ = try file.size() }
    }

    @Test func `a clone goes its own way`() throws {
        let file = try disk.create("/a")
        let clone = disk.clone()
        try file.write([1], at: 0)
        #expect(clone.contents(of: "/a") == [])
        #expect(disk.contents(of: "/a") == [1])
    }

    private func lose(_ disk: MemoryFileSystem, _ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        disk.powerLoss(using: &generator)
    }
}
