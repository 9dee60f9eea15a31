import ChatCore
import ChatOptions
import ChatService
import Storage

extension Command {
    static let delete = Command(
        spec: CommandSpec(
            "delete",
            abstract: "Delete messages; each is answered by itself.",
            discussion: """
                Without --for-all they are gone for you alone. The exit code is that of the first \
                message that is still there. More than 256 are several requests, one after the \
                other.
                """,
            arguments: [
                ArgumentSpec("id", .many(atLeast: 1), help: "The messages, as 'mb42'.")
            ],
            options: [
                .flag("for-all", help: "Delete them for everybody; only your own."),
                SharedOption.key,
            ]
        )
    ) { call in
        let texts = call.parsed.list("id")
        let scope: ChatState.Delete.Scope = call.parsed.flag("for-all") ? .all : .me
        let (_, client) = try call.session()
        let keys = try call.keys(texts.count)
        var failure: Failure?
        for (part, key) in keys.enumerated() {
            let some = texts.dropFirst(part * Limits.idsPerRequest).prefix(Limits.idsPerRequest)
            let ids = some.compactMap(MessageID.init)
            let results =
                ids.isEmpty ? [] : try await client.delete(ids, for: scope, key: key).value
            let found = Dictionary(results.map { ($0.id.description, $0.error) }) { old, _ in old }
            for text in some {
                let code = found[text] ?? .messageUnknown
                try call.show(text, code)
                if let code, failure == nil { failure = Failure(ChatError(code, about: text)) }
            }
        }
        if let failure { throw failure }
    }
}

extension Call {
    /// A key for each request that so many ids need: the user's for the first, `KEY+2` for the second.
    fileprivate func keys(_ ids: Int) throws -> [String?] {
        let count = (ids + Limits.idsPerRequest - 1) / Limits.idsPerRequest
        guard let key = try key() else { return Array(repeating: nil, count: count) }
        let keys = (1...count).map { $0 == 1 ? key : "\(key)+\($0)" }
        guard keys.allSatisfy({ $0.utf8.count <= 128 }) else {
            throw parsed.usageError("For so many messages the key must be shorter.")
        }
        return keys
    }

    /// Tells what became of one message.
    fileprivate func show(_ id: String, _ code: ChatError.Code?) throws {
        if let code, !report.isJSON {
            return report.error(Failure(ChatError(code, about: id)))
        }
        try report.result("deleted \(id)", quiet: id) {
            $0.member("id", id)
            $0.member("deleted", code == nil)
            $0.member("error", code)
        }
    }
}

extension Failure {
    fileprivate init(_ error: ChatError) {
        let exitCode: ExitCode =
            switch error.code {
            case .messageUnknown: .notFound
            case .notYours: .notPermitted
            default: .refused
            }
        self.init(exitCode, code: error.code.rawValue, error.message)
        isReported = true
    }
}
