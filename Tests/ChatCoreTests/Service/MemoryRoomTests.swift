import ChatService
import TestSupport
import Testing

/// A password's hash takes 129 MiB: where a container has less, it is refused, and the node lives.
@Suite struct MemoryRoomTests {
    private static func room(_ files: [String: String]) -> MemoryRoom { MemoryRoom { files[$0] } }

    @Test @Aside func `without control groups there is no limit`() {
        #expect(Self.room([:]).bytes == nil)
        #expect(Self.room(["/proc/self/cgroup": "0::/\n"]).bytes == nil)
        #expect(
            Self.room([
                "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n",
                "/sys/fs/cgroup/memory.current": "5\n",
            ]).bytes == nil
        )
    }

    @Test @Aside func `version 2: the least room of a group and those above it counts`() {
        let files = [
            "/proc/self/cgroup": "0::/a/b\n",
            "/sys/fs/cgroup/a/memory.max": "1000\n", "/sys/fs/cgroup/a/memory.current": "900\n",
            "/sys/fs/cgroup/a/memory.stat": "anon 700\ninactive_file 30\nactive_file 20\n",
            "/sys/fs/cgroup/a/b/memory.max": "800\n",
            "/sys/fs/cgroup/a/b/memory.current": "600\n",
        ]
        // Files that are cached make room.
        #expect(Self.room(files).bytes == 150)
    }

    @Test @Aside func `version 1: the container's group is at the top, whatever its name is`() {
        let files = [
            "/proc/self/cgroup": "9:pids:/\n4:cpu,memory:/docker/1\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1000\n",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "990\n",
            "/sys/fs/cgroup/memory/memory.stat": "total_inactive_file 40\n",
        ]
        #expect(Self.room(files).bytes == 50)
    }

    @Test(arguments: [(128, false), (160, false), (200, true)])
    @Aside func `a hash of the standard cost is refused where the system would end the process`(
        limit: Int,
        isTaken: Bool
    ) {
        let room = Self.room([
            "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "\(limit << 20)\n",
            "/sys/fs/cgroup/memory.current": "\(30 << 20)\n",
        ])
        #expect(PasswordHash.hasRoom(for: PasswordHash.decoy(.standard), in: room) == isTaken)
        #expect(PasswordHash.hasRoom(for: "$y$jFT$other", in: room) == isTaken)
        #expect(PasswordHash.hasRoom(for: PasswordHash.decoy(.cheapest), in: room))
    }
}
