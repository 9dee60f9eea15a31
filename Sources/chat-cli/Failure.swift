package import ChatOptions
import ChatService
import Replication
import Storage

/// Why a command ends without success: for people, for scripts, and as an exit code.
package struct Failure: Error, Hashable, Sendable {
    /// The code to end with.
    package var exitCode: ExitCode
    /// The stable name, such as `user_unknown`.
    package var code: String
    /// What is wrong, and what to do.
    package var message: String
    /// More lines for people.
    package var details: [String] = []
    /// The idempotency key of a request whose outcome is unknown.
    package var key: String?
    /// Whether the user knows already, so that the code is all that is left to give.
    var isReported = false

    init(_ exitCode: ExitCode, code: String, _ message: String) {
        self.exitCode = exitCode
        self.code = code
        self.message = message
    }
}

extension Failure {
    /// What an error means to the user, whatever threw it.
    package init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as UsageError:
            self.init(error.exitCode, code: "usage", error.message)
        case let error as StreamError:
            self.init(error.exitCode, code: "input_output", error.message ?? "")
        case ChatClientError.failed(let error): self.init(client: error)
        case let error as ClusterClientError: self.init(client: error)
        case let error as ChatClientError:
            self.init(.versionMismatch, code: "answer_unreadable", error.description)
        case let error as FileError:
            self.init(.inputOutput, code: "file_failed", error.description)
        default: self.init(.internalError, code: "internal_error", "\(error)")
        }
    }

    private init(client error: ClusterClientError) {
        switch error {
        case .unavailable(let tried): self.init(tried: tried, error.isWithoutLeader)
        case .outcomeUnknown(let key):
            self.init(
                .outcomeUnknown,
                code: "outcome_unknown",
                "the outcome is unknown: it may have been done, or may still be"
            )
            details = ["To find out, and do nothing twice: the same command with --key \(key)"]
            self.key = key
        case .refused(let status, let code, let message):
            self.init(Self.exitCode(status, code), code: code, message)
        case .clusterChanged:
            self.init(.configuration, code: "cluster_changed", error.description)
        case .versionMismatch:
            self.init(.versionMismatch, code: "version_mismatch", error.description)
        case .invalidServer(let text):
            self.init(.usage, code: "server_invalid", "The server '\(text)' is not HOST:PORT.")
        }
    }

    private init(tried: [ClusterClientError.Attempt], _ isWithoutLeader: Bool) {
        let answered = tried.count { $0.code != nil }
        self.init(
            .unavailable,
            code: isWithoutLeader ? "no_leader" : "unavailable",
            isWithoutLeader
                ? "no leader: \(answered) of \(tried.count) servers answered, and too few can reach"
                    + " each other; nothing was sent or changed."
                : "no server is available; nothing was sent or changed."
        )
        guard !tried.isEmpty else { return }
        let servers = tried.map { "\($0.server) (\($0.why))" }.joined(separator: ", ")
        details = ["Tried \(servers)."]
    }

    private static func exitCode(_ status: Int, _ code: String) -> ExitCode {
        switch (status, code) {
        case (_, "request_malformed"), (_, "path_unknown"): .versionMismatch
        case (401, _), (403, _): .notPermitted
        case (404, _): .notFound
        case (400, _), (413, _): .badData
        default: .refused
        }
    }
}

extension Failure {
    /// The failure as a line for scripts:
    /// `{"error":{"code":"outcome_unknown","message":"…","hint":"…","key":"…"}}`.
    package var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.member("hint", details.isEmpty ? nil : details.joined(separator: " "))
        writer.member("key", key)
        writer.endObject()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self).escapedInJSON()
    }

    /// The failure as lines for people.
    package var text: String {
        let first = "Error: \(message.escapedForTerminal())"
        return ([first] + details.map { "  \($0.escapedForTerminal())" }).joined(separator: "\n")
    }
}
