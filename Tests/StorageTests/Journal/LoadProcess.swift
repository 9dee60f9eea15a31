#if os(Linux)
import Glibc
import Testing

/// `storage-load`, which lies beside the tests, as a process of its own.
struct LoadProcess {
    private let pid: pid_t
    private let output: Int32

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        let path = "\(Self.directory)/storage-load"
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, path, &actions, nil, &words, environ)
        _ = close(ends[1])
        (self.pid, output) = (pid, ends[0])
        try #require(code == 0, "\(path) can't be started: \(code)")
    }

    /// Kills it once it has said a number of lines, and gives all that it said.
    func kill(afterLines lines: Int) -> [UInt8] {
        var said: [UInt8] = []
        var count = 0
        while count < lines, let more = read() {
            said += more
            count += more.count { $0 == UInt8(ascii: "\n") }
        }
        _ = Glibc.kill(pid, SIGKILL)
        return said + end().said
    }

    /// Gives what it says from here on, and how it ended: its exit code, or -1 for a signal.
    func end() -> (said: [UInt8], code: Int32) {
        var said: [UInt8] = []
        while let more = read() { said += more }
        _ = close(output)
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return (said, status & 0x7F == 0 ? status >> 8 & 0xFF : -1)
    }

    private func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe Glibc.read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }

    /// Where the programs were built: beside the tests.
    private static let directory: String = {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        let path = String(decoding: bytes, as: UTF8.self)
        let own = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        // The tests may be run by the toolchain's own program, from the package's directory.
        return unsafe access("\(own)/storage-load", X_OK) == 0 ? own : ".build/debug"
    }()
}
#endif
