import ChatOptions
import ChatService
import Replication
import Storage

/// One run of a command: its values, the streams, and the profile in use.
struct Call: Sendable {
    /// What was asked for.
    let parsed: ParsedCommand
    /// The world around.
    let console: Console
    /// Where results go.
    let report: Report
    /// The sessions of this user.
    let profiles: ProfileStore
    /// Which of them is used.
    let profileName: String
    /// The session that the command uses, and its client.
    let used = Lock<(profile: Profile, client: ChatClient)?>(nil)

    init(_ parsed: ParsedCommand, _ console: Console) throws {
        self.parsed = parsed
        self.console = console
        report = Report(parsed, console)
        profileName = try parsed.string(required: "profile")
        guard ProfileStore.isValid(name: profileName) else {
            throw parsed.usageError(
                "The profile '\(profileName)' is not 1 to 64 of letters, digits, '.', '_', '-'",
                exitCode: Self.exitCode(of: "profile", in: parsed)
            )
        }
        profiles = try ProfileStore(environment: console.environment)
    }

    /// The session in use, and a client for it.
    ///
    /// - Throws: ``Failure`` without a session, or when its file can be read by others.
    func session() throws -> (profile: Profile, client: ChatClient) {
        guard let profile = try profiles.load(profileName) else {
            throw Failure(
                .notPermitted,
                code: "not_logged_in",
                "not logged in (profile '\(profileName)'): use 'login' or 'register' first"
            )
        }
        let client = try client(
            token: profile.token,
            cluster: profile.cluster,
            servers: addresses(profile)
        )
        used.withLock { $0 = (profile, client) }
        return (profile, client)
    }

    /// A client without a session.
    func client(
        token: String? = nil,
        cluster: String? = nil,
        servers: [String]? = nil,
        limit: Duration? = nil
    ) throws -> ChatClient {
        let timeout = try parsed.duration(required: "timeout")
        var client = try connected(
            servers ?? addresses(nil),
            token: token,
            cluster: cluster,
            timeout: min(timeout, limit ?? timeout)
        )
        client.acceptsStaleReads = parsed.string("consistency") == Consistency.stale.description
        return client
    }

    private func connected(
        _ servers: [String],
        token: String?,
        cluster: String?,
        timeout: Duration
    ) throws -> ChatClient {
        do throws(ChatClientError) {
            return try ChatClient(
                servers: servers,
                token: token,
                cluster: cluster,
                timeout: timeout,
                onStranger: { [report] error in report.note("note: \(error): passed by") }
            )
        } catch {
            var failure = Failure(error)
            if failure.exitCode == .usage {
                failure.exitCode = Self.exitCode(of: "servers", in: parsed)
            }
            throw failure
        }
    }

    /// The code for a value that does not fit: one for the command line, one for a variable.
    private static func exitCode(of option: String, in parsed: ParsedCommand) -> ExitCode {
        if case .environment = parsed.origin(of: option) { .configuration } else { .usage }
    }
}
