public import ChatCore
public import Storage

extension ChatState.Event: LineCodable {
    /// Reads such as `{"message":{"id":"mb42","to":["aa1","aa2"]}}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            var members = EventMembers()
            try reader.members { (member, reader) throws(LineError) in
                try members.read(member, &reader)
            }
            return try members.finish(name, reader)
        }
    }

    /// Writes such as `{"message":{"id":"mb42","to":["aa1","aa2"]}}`.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .message(let id, let accounts):
            writer.oneCase("message") {
                $0.member("id", id)
                $0.member("to", accounts)
            }
        case .read(let ids, let account):
            writer.oneCase("read") {
                $0.member("ids", ids)
                $0.member("to", [account])
            }
        case .readThrough(let id, let account):
            writer.oneCase("read_through") {
                $0.member("id", id)
                $0.member("to", [account])
            }
        case .deleted(let id, let scope, let accounts):
            writer.oneCase("deleted") {
                $0.member("id", id)
                $0.member("for", scope)
                $0.member("to", accounts)
            }
        case .sessionEnded(let session, let account):
            writer.oneCase("session_ended") {
                $0.member("session", session)
                $0.member("to", [account])
            }
        }
    }
}

/// The members that an event may have, of which each kind has some.
private struct EventMembers {
    private var id: MessageID?
    private var ids: [MessageID]?
    private var session: SessionID?
    private var scope: ChatState.Delete.Scope?
    private var accounts: [AccountID]?

    mutating func read(_ name: String, _ reader: inout JSONReader) throws(LineError) {
        switch name {
        case "id": id = try MessageID(from: &reader)
        case "ids": ids = try [MessageID](from: &reader)
        case "session": session = try SessionID(from: &reader)
        case "for": scope = try ChatState.Delete.Scope(from: &reader)
        case "to": accounts = try [AccountID](from: &reader)
        default: throw reader.unknown(name)
        }
    }

    func finish(_ name: String, _ reader: JSONReader) throws(LineError) -> ChatState.Event {
        let accounts = try reader.require(accounts, "to")
        switch (name, id, ids, session, scope) {
        case ("message", let id?, nil, nil, nil): return .message(id, to: accounts)
        case ("deleted", let id?, nil, nil, let scope?):
            return .deleted(id, scope: scope, to: accounts)
        default: break
        }
        guard let account = accounts.first, accounts.count == 1 else {
            throw reader.error(.invalid("this event has one recipient"))
        }
        switch (name, id, ids, session, scope) {
        case ("read", nil, let ids?, nil, nil): return .read(ids, to: account)
        case ("read_through", let id?, nil, nil, nil): return .readThrough(id, to: account)
        case ("session_ended", nil, nil, let session?, nil):
            return .sessionEnded(session, to: account)
        default: throw reader.error(.invalid("no such event, or not with these members"))
        }
    }
}
