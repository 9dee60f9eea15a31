import Glibc

/// A program of this package that runs as a process of its own.
///
/// It is killed when this object goes, and it sees its input end when the tests are killed.
final class Program {
    /// How a process ended.
    enum Ending: Equatable {
        case code(Int32)
        case signal(Int32)
    }

    let pid: pid_t
    private var input: Int32
    private let output: Int32
    private var unread: [UInt8] = []
    private var ending: Ending?

    /// Starts a program that lies beside the tests, or at a path; its standard error goes to the end of a file.
    init(
        _ name: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        errorsTo log: String
    ) throws {
        let toChild = try Self.makePipe()
        let fromChild = try Self.makePipe()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, flags, 0o600)
        let path = name.hasPrefix("/") ? name : Self.path(of: name)
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        var variables = unsafe Self.environment(environment).map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe variables.indices { unsafe free(variables[index]) }
        }
        // Whoever runs the tests in the background may ignore signals, and so would the program.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var heard = sigset_t()
        unsafe sigemptyset(&heard)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { unsafe sigaddset(&heard, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &heard)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
        _ = close(toChild[0])
        _ = close(fromChild[1])
        (self.pid, input, output) = (pid, toChild[1], fromChild[0])
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        guard code == 0 else {
            ending = .code(code)
            throw NotInTime(description: "\(path): \(unsafe String(cString: strerror(code)))")
        }
    }

    static func path(of name: String) -> String { "\(directory)/\(name)" }

    deinit {
        if ending == nil {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        }
        if input >= 0 { _ = close(input) }
        _ = close(output)
    }

    /// Whether it has not ended, as far as is known.
    var isRunning: Bool { ending == nil }

    func signal(_ number: Int32) { if ending == nil { kill(pid, number) } }

    /// Ends its standard input.
    func endInput() {
        _ = close(input)
        input = -1
    }

    /// Gives it a line to read.
    func write(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        // A program that has ended is noticed by what the test waits for next.
        _ = unsafe Glibc.write(input, bytes, bytes.count)
    }

    /// Waits until it has ended.
    func end(within limit: Duration = .seconds(60)) async throws -> Ending {
        try await eventually("the end of process \(pid)", within: limit) { poll() }
    }

    /// The next line of its output; nil once there is no more.
    func line(within limit: Duration = .seconds(60)) async throws -> String? {
        try await eventually("a line of process \(pid)", within: limit) { () -> String?? in
            let isOpen = receive()
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            return isOpen ? nil : .some(nil)
        }
    }

    /// Everything that it still prints.
    func rest() async throws -> [String] {
        var lines: [String] = []
        while let line = try await line() { lines.append(line) }
        return lines
    }

    private func poll() -> Ending? {
        guard ending == nil else { return ending }
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let number = status & 0x7F
        ending = number == 0 ? .code(status >> 8 & 0xFF) : .signal(number)
        return ending
    }

    /// Takes what it printed; false once there is no more.
    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(output, &buffer, buffer.count)
            guard count > 0 else { return count < 0 && errno == EAGAIN }
            unread.append(contentsOf: buffer[..<count])
        }
    }

    /// Where the programs were built: beside the tests, unless a campaign names another place.
    private static let directory: String = {
        if let named = unsafe getenv("CHAT_TEST_PROGRAMS") { return unsafe String(cString: named) }
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        let path = String(decoding: bytes, as: UTF8.self)
        let own = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        // The tests may be run by the toolchain's own program, from the package's directory.
        return unsafe access("\(own)/chat-node", X_OK) == 0 ? own : ".build/debug"
    }()

    private static func environment(_ added: [String: String]) -> [String] {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        return added.merging(["PATH": path]) { own, _ in own }.map { "\($0)=\($1)" }
    }

    private static func makePipe() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw NotInTime(description: "pipe: \(unsafe String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends
    }
}
