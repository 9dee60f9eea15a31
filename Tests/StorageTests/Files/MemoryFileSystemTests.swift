import Storage
import TestSupport
import Testing

@Suite struct MemoryFileSystemTests {
    let disk = MemoryFileSystem()

    @Test @DiskAside func `what was not synced is lost, kept or torn`() throws {
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

    @Test @DiskAside func `what was synced stays`() throws {
        let file = try disk.create("/a")
        try file.write([1, 2, 3], at: 0)
        try file.synchronize()
        try disk.syncDirectory("/")
        lose(disk, 1)
        #expect(disk.contents(of: "/a") == [1, 2, 3])
    }

    @Test @DiskAside func `a name that was not synced may be lost`() throws {
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

    @Test @DiskAside func `a rename that was not synced leaves one of two states`() throws {
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

    @Test @DiskAside func `bytes of a failed sync are read back and never reach the disk`() throws {
        let file = try disk.create("/a")
        try disk.syncDirectory("/")
        try file.write([1], at: 0)
        disk.failSynchronize()
        #expect(throws: FileError.self) { try file.synchronize() }
        #expect(try file.read(at: 0, count: 1) == [1])
        lose(disk, 1)
        #expect(disk.contents(of: "/a") == [])
    }

    @Test @DiskAside func `a crashed machine answers no call until it is back`() throws {
        let file = try disk.create("/a")
        disk.crash(afterCalls: 1, .during)
        try file.write([1, 1], at: 0)
        #expect(throws: FileError.self) { try file.write([2, 2], at: 0) }
        #expect(throws: FileError.self) { _ = try disk.exists("/a") }
        disk.processCrash()
        #expect(disk.contents(of: "/a") == [2, 1])
        #expect(throws: FileError.self) { _ = try file.size() }
    }

    @Test @DiskAside func `a clone goes its own way`() throws {
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

@Suite struct MemoryFileSystemFaultTests {
    let disk = MemoryFileSystem()

    @Test @DiskAside func `a full disk takes what fits, then says that it is full`() throws {
        let file = try disk.create("/a")
        try file.write([1, 1, 1], at: 0)
        disk.setCapacity(5, .quota)
        let error = FileError(.noSpace(.quota), call: "write", path: "/a")
        #expect(throws: error) { try file.write([2, 2, 2, 2], at: 2) }
        #expect(disk.contents(of: "/a") == [1, 1, 2, 2, 2])
        try file.write([3], at: 4)
        let other = try disk.create("/b")
        #expect(throws: FileError.self) { try other.write([4], at: 0) }
        try disk.remove("/a")
        try other.write([4], at: 0)
        #expect(disk.usedBytes == 1)
    }

    @Test @DiskAside func `space that is set aside counts and is given back`() throws {
        disk.setCapacity(1_000)
        let file = try disk.create("/a")
        try file.allocate(900)
        #expect(try file.size() == 900 && disk.usedBytes == 900)
        #expect(throws: FileError.self) { try file.allocate(1_001) }
        try file.truncate(to: 400)
        #expect(try file.size() == 400 && disk.usedBytes == 400)
    }

    @Test @DiskAside func `a call fails as often as asked for, after those that go well`() throws {
        let file = try disk.create("/a")
        disk.fail(.write, of: "a", with: .noSpace(.disk), after: 1, times: 2)
        try file.write([1, 1], at: 0)
        for _ in 1...2 { #expect(throws: FileError.self) { try file.write([2, 2], at: 0) } }
        #expect(disk.contents(of: "/a") == [2, 1])
        try file.write([3, 3], at: 0)
        disk.fail(.rename)
        disk.heal()
        try disk.rename("/a", to: "/b")
    }

    @Test @DiskAside func `rot stays, a misreading does not`() throws {
        let file = try disk.create("/a")
        try file.write([0, 0, 0], at: 0)
        disk.misread(bit: 9, of: "a")
        #expect(try file.read(at: 0, count: 1) == [0])
        #expect(try file.read(at: 0, count: 3) == [0, 2, 0])
        #expect(try file.read(at: 0, count: 3) == [0, 0, 0])
        try file.synchronize()
        disk.flip(bit: 23, of: "/a")
        disk.flip(bit: 24, of: "/a")
        #expect(try file.read(at: 0, count: 3) == [0, 0, 128])
    }
}
