import Glibc

/// Runs scripts in shells that this machine may have.
enum OptionsShell {
    /// Where a shell is, if it is installed.
    static func path(_ name: String) -> String? {
        let directories =
            unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        let paths = directories.split(separator: ":").map { "\($0)/\(name)" }
        return paths.first { unsafe access($0, X_OK) == 0 }
    }

    /// Runs `script` in the shell at `path`, and returns what it printed and its status.
    static func run(
        _ path: String,
        _ arguments: [String],
        script: String
    ) throws -> (output: String, status: Int32) {
        let pipe = try Pipe()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writing, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writing, 2)
        var process: pid_t = 0
        var words = unsafe ([path] + arguments + ["-c", script]).map { unsafe strdup($0) }
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        unsafe words.append(nil)
        let code = unsafe posix_spawn(&process, path, &actions, nil, words, environ)
        guard code == 0 else { throw Failure(code: code) }
        pipe.closeWriting()
        let text = pipe.readAll()
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        return (text, status >> 8 & 0xFF)
    }

    struct Failure: Error {
        let code: Int32
    }
}
