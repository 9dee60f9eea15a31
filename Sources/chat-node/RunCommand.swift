import ChatCore
import ChatOptions
import ChatService
import Replication
import Storage

/// `chat-node run`: one node, until it is told to stop.
struct RunCommand {
    private let configuration: ReplicaConfiguration
    private let log: NodeLog
    private let stopsWithInput: Bool

    init(_ parsed: ParsedCommand) throws(UsageError) {
        let listen = try parsed.string(required: "listen")
        let peerListen = try parsed.string(required: "peer-listen")
        var configuration = ReplicaConfiguration(
            id: try parsed.string(required: "id"),
            dataDirectory: try parsed.string(required: "data-dir"),
            clientAddress: listen,
            peerAddress: peerListen
        )
        configuration.advertisedClientAddress = parsed.string("advertise")
        configuration.advertisedPeerAddress = parsed.string("peer-advertise")
        configuration.hostNames = parsed.list("host-names")
        configuration.join = parsed.list("join")
        configuration.bootstrapExpect = parsed.integer("bootstrap-expect")
        configuration.joinsAsLearner = parsed.flag("learner")
        if let milliseconds = parsed.integer("test-replace-after") {
            configuration.replacementSilence = .milliseconds(milliseconds)
        }
        configuration.electionTimeout = try parsed.duration(required: "election-timeout")
        configuration.heartbeatInterval = configuration.electionTimeout / 6
        configuration.policy = try ElectionOption.policy(in: parsed)
        configuration.failbackStableTime = parsed.duration("test-failback-after")
        if let time = parsed.duration("test-founder-waits") {
            configuration.formationPatience = time
        }
        configuration.dropAnswersEvery = parsed.integer("test-drop-answers")
        if parsed.flag("test-small-files") {
            configuration.journal.segmentBytes = 64 << 10
            configuration.snapshots.entries = 300
            configuration.snapshots.trailingEntries = 200
            configuration.snapshots.trailingBytes = 64 << 10
        }
        do throws(ReplicationError) { try configuration.validate() } catch {
            throw parsed.usageError("\(error)", exitCode: .configuration)
        }
        if !parsed.flag("insecure") {
            for address in [listen, peerListen] where !Self.isLocal(address) {
                throw parsed.usageError(
                    "\(address) may be reached by other machines, and nothing is encrypted yet;"
                        + " listen on a loopback address or add --insecure",
                    exitCode: .configuration
                )
            }
        }
        self.configuration = configuration
        log = NodeLog(
            level: LogLevel(rawValue: try parsed.string(required: "log-level")) ?? .info,
            format: try parsed.string(required: "log-format")
        )
        stopsWithInput = parsed.flag("until-input-ends")
    }

    private static func isLocal(_ address: String) -> Bool {
        ["127.", "localhost:", "[::1]:"].contains { address.hasPrefix($0) }
    }

    /// Opens, says that it serves, and serves.
    func run() async -> ExitCode {
        do throws(ReplicationError) {
            let replica = try Replica<ChatState>(configuration, log: log.sink)
            return await serve(replica)
        } catch {
            log.sink.log(.critical, "\(error)")
            return Self.exitCode(of: error)
        }
    }

    private func serve(_ replica: Replica<ChatState>) async -> ExitCode {
        let onHangUp: @Sendable () -> Void = { [log] in
            log.sink.log(.notice, "SIGHUP: there is no configuration to read again; it goes on")
        }
        Signals.onStop(onHangUp: onHangUp) { replica.beginGracefulShutdown() }
        if stopsWithInput { Signals.onInputEnd { replica.beginGracefulShutdown() } }
        do throws(StreamError) {
            try Output.standard.writeLine(ready(replica))
        } catch {
            let why = error.message ?? "nobody reads standard output"
            log.sink.log(.critical, "the line that says 'ready' was not written: \(why)")
            return .inputOutput
        }
        do {
            try await replica.run()
            return .done
        } catch let error as ReplicationError {
            // The replica has logged it.
            return Self.exitCode(of: error)
        } catch {
            log.sink.log(.critical, "\(error)")
            return .inputOutput
        }
    }

    private func ready(_ replica: Replica<ChatState>) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("event", "ready")
        writer.member("id", replica.identity.id)
        writer.member("listen", replica.clientAddress)
        writer.member("peer-listen", replica.peerAddress)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func exitCode(of error: ReplicationError) -> ExitCode {
        switch error {
        case .journal, .entry, .snapshot: .inputOutput
        case .listen: .unavailable
        case .configuration: .configuration
        case .stopped, .refused, .unavailable, .outcomeUnknown, .change, .changeUnknown,
            .operationInvalid, .tooLarge:
            .refused
        case .contradicted: .contradicted
        case .failed: .internalError
        }
    }
}
