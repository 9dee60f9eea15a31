import ChatCore
import ChatService
import Options
import Storage

extension Command {
    static let delete = Command(
        spec: CommandSpec(
            "delete",
            abstract: "Delete messages; each is answered by itself.",
            discussion: """
                Without --for-all they are gone for you alone. The exit code is that of the first \
                message that is still there.
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
        let ids = texts.compactMap(MessageID.init)
        let key = try call.key()
        let results =
            ids.isEmpty ? [] : try await client.delete(ids, for: scope, key: key).value
        var failure: Failure?
        for text in texts {
            let result = results.first { $0.id.description == text }
            let code = result.map(\.error) ?? .messageUnknown
            try call.show(text, code)
            if let code, failure == nil { failure = Failure(ChatError(code, about: text)) }
        }
        if let failure { throw failure }
    }
}

extension Call {
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
