#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A process that this one started, with its input and output at hand.
final class ChildProcess: Sendable {
    /// Its number.
    let pid: pid_t
    private let input: Int32
    private let output: Int32

    /// Why a process could not be started.
    struct SpawnError: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts a program; its standard error goes to the end of a file.
    init(_ path: String, _ arguments: [String], errorsTo log: String) throws(SpawnError) {
        let toChild = try Self.makePipe()
        let fromChild = try Self.makePipe()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, toChild.read, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, fromChild.write, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_addopen(
            &actions,
            STDERR_FILENO,
            log,
            O_WRONLY | O_CREAT | O_APPEND,
            0o600
        )
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that Ctrl-C reaches the parent alone.
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var strings = unsafe ([path] + arguments).map { unsafe strdup($0) }
        unsafe strings.append(nil)
        defer { while let string = unsafe strings.popLast() { unsafe free(string) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, path, &actions, &attributes, strings, environ)
        _ = close(toChild.read)
        _ = close(fromChild.write)
        self.pid = pid
        (input, output) = (toChild.write, fromChild.read)
        guard code == 0 else {
            throw SpawnError(description: "\(path): \(unsafe String(cString: strerror(code)))")
        }
    }

    /// The next line of its output, without its end; nil when there is no more.
    func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while unsafe read(output, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    /// Asks it to end.
    func terminate() { _ = kill(pid, SIGTERM) }

    /// Waits until it has ended, and says how.
    func wait() -> String {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? "ended with code \(status >> 8 & 0xFF)" : "ended by signal \(signal)"
    }

    deinit {
        _ = close(input)
        _ = close(output)
    }

    /// The path of this very program.
    static var ownPath: String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return CommandLine.arguments[0] }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func makePipe() throws(SpawnError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw SpawnError(description: "pipe: \(unsafe String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
