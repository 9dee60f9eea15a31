import Glibc
import Storage
import Testing

/// A person at a shell, who has only `chat-cli`.
struct Shell {
    /// What a command came to.
    struct Outcome {
        var ending: Program.Ending
        var lines: [String]
        var complaints: String
    }

    let name: String
    private let state: String
    private let environment: [String: String]

    /// Somebody whose session is kept in a directory, and who tries the nodes in this order.
    init(_ name: String, _ nodes: [TestNode], in directory: String) {
        self.name = name
        state = directory
        environment = [
            "CHAT_SERVERS": nodes.map(\.client).joined(separator: ","),
            "CHAT_PROFILE": name, "XDG_STATE_HOME": directory, "CHAT_TIMEOUT": "20s",
        ]
    }

    /// Starts a command that goes on until it is stopped.
    func start(_ words: String...) throws -> Program {
        try Program("chat-cli", words, environment: environment, errorsTo: errors(words))
    }

    /// Runs a command to its end.
    func run(_ words: String..., input: String? = nil) async throws -> Outcome {
        let program = try Program(
            "chat-cli",
            words,
            environment: environment,
            errorsTo: errors(words)
        )
        if let input { program.write(input) }
        program.endInput()
        let lines = try await program.rest()
        let ending = try await program.end()
        return Outcome(ending: ending, lines: lines, complaints: text(ofFile: errors(words)))
    }

    /// What a command that is still running has said on standard error.
    func complaints(of words: String...) -> String { text(ofFile: errors(words)) }

    private func errors(_ words: [String]) -> String { "\(state)/\(name)-\(words[0]).log" }
}

/// A file as text; nothing if it can't be read.
func text(ofFile path: String) -> String {
    do throws(FileError) {
        let file = try DiskFileSystem().open(path)
        defer { file.close() }
        return String(decoding: try file.read(at: 0, count: try file.size()), as: UTF8.self)
    } catch {
        return ""
    }
}

/// A text member of a JSON object; nil if it has none.
func member(_ wanted: String, of line: String) throws(LineError) -> String? {
    var found: String?
    var reader = JSONReader(Array(line.utf8))
    try reader.members { (name, reader) throws(LineError) in
        if name == wanted { found = try reader.string() } else { _ = try reader.skip() }
    }
    return found
}
