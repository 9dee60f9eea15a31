import Replication
import Storage
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What happens in a simulated cluster, as lines that people read: the steps of a scenario, what nodes
/// log, and the messages between them.
///
/// Left out is what moves nothing: heartbeats, answers that say the same again, digests, connections.
/// Times are milliseconds of virtual time since the scenario began.
final class Transcript {
    let cluster: ScriptedCluster
    let simulation: Simulation<Register>
    private(set) var lines: [String] = []
    private let start: Instant
    /// What one node has told another last, by kind of message.
    private var told: [[Int]: [String: String]] = [:]

    /// Forms a cluster, and begins to write once it is one.
    init(
        _ title: String,
        nodes: Int = 3,
        isSnapshotting: Bool = false,
        diesByPowerLoss: Bool = false,
        _ adjust: @escaping @Sendable (inout NodeConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = SimulationConfiguration(seed: 1)
        if isSnapshotting { configuration = .snapshotting(seed: 1) }
        configuration.nodes = nodes
        configuration.diesByPowerLoss = diesByPowerLoss
        let base = configuration.adjust
        configuration.adjust = { node in
            base(&node)
            node.replacementSilence = .seconds(2)
            node.joinInterval = .milliseconds(250)
            adjust(&node)
        }
        cluster = try ScriptedCluster(configuration)
        simulation = cluster.simulation
        try cluster.wait(.seconds(1))
        start = simulation.now
        lines = ["# \(title)", "#"]
        simulation.onLog = { [unowned self] host, level, text in
            guard level != .debug else { return }
            note("\(name(host))  \(text)")
        }
        simulation.onSend = { [unowned self] in hear($2, from: $0, to: $1) }
    }

    /// Does what the scenario says next.
    func step(_ text: String, _ body: () throws -> Void = {}) throws {
        note("# \(text)")
        try body()
    }

    /// Writes what a client was answered.
    func client(_ call: String, _ reply: Reply) {
        switch reply {
        case .output(let index, let output, _, let isRepeated):
            note("client  \(call): \(text(output)) at entry \(index)\(isRepeated ? ", again" : "")")
        case .answer(let index, let answer):
            note("client  \(call): \(text(answer)) at entry \(index)")
        case .failed(let failure, _): note("client  \(call): \(failure.rawValue)")
        case .refused(let refusal): note("client  \(call): \(refusal.code)")
        case .ready, .ordered, .malformed: note("client  \(call): \(reply)")
        }
    }

    /// Writes a line with the time.
    func note(_ text: String) {
        let tenths = (simulation.now - start).nanoseconds / 100_000
        let time = "\(tenths / 10).\(tenths % 10)"
        let room = String(repeating: " ", count: max(0, 8 - time.count))
        // An incarnation is chance; which node is meant the id says.
        lines.append("\(room)\(time)  \(text.replacing(/\/[0-9a-f]{16}/, with: ""))")
    }

    func name(_ host: Int) -> String { "n\(host + 1)" }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func hear(_ message: PeerMessage, from: Int, to: Int) {
        guard let (kind, text) = Self.summary(message) else { return }
        guard told[[from, to], default: [:]].updateValue(text, forKey: kind) != text else { return }
        note("\(name(from)) -> \(name(to))  \(text)")
    }

    /// What a message says, and what it is compared with.
    private static func summary(_ message: PeerMessage) -> (kind: String, text: String)? {
        switch message {
        case .consensus(let message, _): summary(message)
        case .forward(_, let proposal): ("forward \(proposal.key)", "forward of '\(proposal.key)'")
        case .forwarded(_, .applied(let index, _, let isRepeated)):
            ("forwarded", "forward took effect at \(index)\(isRepeated ? ", again" : "")")
        case .forwarded(_, .failed(let failure)): ("forwarded", "forward: \(failure.rawValue)")
        case .read(let id): ("read \(id)", "asks for a read index")
        case .readIndex(let id, let index):
            ("readIndex \(id)", index.map { "read index \($0)" } ?? "no read index")
        case .snapshot(let piece):
            (
                "snapshot",
                "snapshot of \(piece.position), from byte \(piece.offset) of \(piece.bytes)"
            )
        case .snapshotReply(let reply):
            switch reply.outcome {
            case .wants(let offset): ("snapshotReply", "snapshot: from byte \(offset) on, please")
            case .installed: ("snapshotReply", "snapshot of \(reply.position) installed")
            case .damaged(let reason): ("snapshotReply", "snapshot damaged: \(reason)")
            case .failed(let reason): ("snapshotReply", "snapshot failed: \(reason)")
            }
        case .entriesWanted(let wanted):
            ("wanted", "wants entries after \(wanted.after) through \(wanted.through)")
        case .entriesFound(let found): ("found", "entries found: \(found.lines)")
        case .join: ("join", "asks to join")
        case .joinAnswer(_, let answer): ("joinAnswer", "join: \(answer)")
        case .removed(let index): ("removed", "you were removed by entry \(index)")
        case .hello, .welcome, .refused, .digest, .formationRound, .blank, .acknowledged,
            .contradiction, .ping, .pong:
            nil
        }
    }

    private static func summary(_ message: Message) -> (kind: String, text: String)? {
        switch message {
        case .preVote(let request):
            ("preVote", "would you vote in term \(request.term)? my log ends at \(request.last)")
        case .preVoteReply(let reply):
            ("preVoteReply", "\(reply.isGranted ? "I would" : "I would not") in \(reply.asked)")
        case .vote(let request):
            ("vote", "vote for me in term \(request.term), my log ends at \(request.last)")
        case .voteReply(let reply):
            ("voteReply", "\(reply.isGranted ? "my vote" : "no vote") in term \(reply.asked)")
        case .append(let append): summary(append)
        case .appendReply(let reply):
            switch reply.outcome {
            case .matched(let index): ("appendReply", "durable through \(index)")
            case .conflict(let previous, let hint):
                ("appendReply", "no such entry \(previous), my log may part from yours at \(hint)")
            case .full(let index): ("appendReply", "disk full, durable through \(index)")
            case .stale: ("appendReply", "your term is over, mine is \(reply.term)")
            }
        case .timeoutNow(let term): ("timeoutNow", "campaign now, after term \(term)")
        }
    }
}

extension Transcript {
    private static func summary(_ append: Append) -> (kind: String, text: String) {
        guard !append.entries.isEmpty else {
            return ("commit", "committed through \(append.commit)")
        }
        let (first, last) = (append.entries.first, append.lastIndex)
        let entries = first == last ? "entry \(first)" : "entries \(first) to \(last)"
        let members = append.entries.memberships.isEmpty ? "" : ", with members"
        return ("append", "append \(entries) after \(append.previous)\(members)")
    }
}

/// Transcripts as they are kept, in `Golden`.
enum KeptTranscript {
    /// Compares a transcript with the kept one; `TRANSCRIPTS=rewrite` keeps the new one instead.
    static func check(_ name: String, _ transcript: Transcript) throws {
        let text = transcript.lines.joined(separator: "\n") + "\n"
        let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        let path = tests.joined(separator: "/") + "/Golden/\(name).txt"
        let files = DiskFileSystem()
        if unsafe getenv("TRANSCRIPTS").map({ unsafe String(cString: $0) }) == "rewrite" {
            if try files.exists(path) { try files.remove(path) }
            let file = try files.create(path)
            defer { file.close() }
            return try file.write(Array(text.utf8), at: 0)
        }
        let file = try files.openForReading(path)
        defer { file.close() }
        let kept = String(decoding: try file.read(at: 0, count: try file.size()), as: UTF8.self)
        let (old, new) = (kept.split(separator: "\n"), text.split(separator: "\n"))
        let place = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let first = place ?? min(old.count, new.count)
        #expect(
            kept == text,
            """
            line \(first + 1) of \(name).txt was '\(first < old.count ? old[first] : "")', and is \
            '\(first < new.count ? new[first] : "")'. If that is right: TRANSCRIPTS=rewrite swift test \
            --filter TranscriptTests
            """
        )
    }
}
