import ChatCore
import ChatService
import Replication
import Storage

/// What a node answered to a request: `{"index":42,"output":{…},"secret":{…},"repeated":true}`.
struct Answered: LineCodable, Equatable {
    var index: UInt64
    var output: ChatState.Output
    var token: String?
    var isRepeated: Bool

    init(from reader: inout JSONReader) throws(LineError) {
        var index: UInt64?
        var output: ChatState.Output?
        var token: String?
        var isRepeated = false
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "index": index = try reader.unsigned()
            case "output": output = try ChatState.Output(from: &reader)
            case "secret": token = try Secret(from: &reader).token
            case "repeated": isRepeated = try reader.boolean()
            default: throw reader.unknown(name)
            }
        }
        self.index = try reader.require(index, "index")
        self.output = try reader.require(output, "output")
        (self.token, self.isRepeated) = (token, isRepeated)
    }

    func write(to writer: inout JSONWriter) { writer.oneCase("answered") }
}

/// What a node answered to a query: `{"index":42,"answer":{…}}`.
struct Found: LineCodable {
    var index: UInt64
    var answer: ChatState.Answer

    init(from reader: inout JSONReader) throws(LineError) {
        var index: UInt64?
        var answer: ChatState.Answer?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "index": index = try reader.unsigned()
            case "answer": answer = try ChatState.Answer(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.index = try reader.require(index, "index")
        self.answer = try reader.require(answer, "answer")
    }

    func write(to writer: inout JSONWriter) { writer.oneCase("found") }
}

extension ClusterClient {
    /// Posts a request of the chat.
    nonisolated func ask(
        _ request: ChatState.Request,
        key: String? = nil,
        token: String? = nil
    ) async throws -> Answered {
        try Answered(
            lineBytes: try await self.request(request.lineBytes, key: key, token: token).body
        )
    }

    /// Posts a query of the chat.
    nonisolated func look(
        _ query: ChatState.Query,
        isStale: Bool = false,
        token: String? = nil
    ) async throws -> Found {
        try Found(
            lineBytes: try await self.query(query.lineBytes, isStale: isStale, token: token).body
        )
    }

    /// Registers a name and logs in; gives the token.
    nonisolated func enter(_ name: String) async throws -> String {
        let password = Self.password
        _ = try await ask(.register(.init(name: name, password: password)))
        return try await logIn(name)
    }

    /// Logs in; gives the token.
    nonisolated func logIn(_ name: String, key: String? = nil) async throws -> String {
        let answered = try await ask(.login(.init(name: name, password: Self.password)), key: key)
        guard let token = answered.token else {
            throw NotInTime(description: "a login without a token")
        }
        return token
    }

    /// The password of everybody in these tests.
    nonisolated static var password: String { "correct horse" }

    /// All messages of a conversation, oldest first.
    nonisolated func history(
        with name: String,
        isStale: Bool = false,
        token: String? = nil
    ) async throws -> [MessageView] {
        var messages: [MessageView] = []
        while true {
            let range = HistoryRange(after: messages.last?.id, newestFirst: false, limit: 200)
            let found = try await look(.history(with: name, range), isStale: isStale, token: token)
            guard case .history(let page, let next) = found.answer else {
                throw NotInTime(description: "a history is answered by something else")
            }
            messages += page
            if next == nil || page.isEmpty { return messages }
        }
    }
}
