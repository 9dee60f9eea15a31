public import ChatCore
public import Storage

extension ChatState {
    /// What a client posts to `/v1/requests`; all but the first two need a session.
    public enum Request: Hashable, Sendable {
        /// Makes an account: `{"register":{"name":"bob","password":"…","display":"Bob"}}`.
        case register(Registration)
        /// Makes a session: `{"login":{"name":"bob","password":"…","device":"phone"}}`.
        case login(Credentials)
        /// Ends sessions: `{"logout":{}}`, `{"logout":{"which":"others"}}`.
        case logout(Logout.Which)
        /// Sends a message: `{"send":{"to":"bob","text":"hi"}}`.
        case send(to: String, text: String)
        /// Marks messages as read: `{"read":{"ids":["mb42"]}}`, `{"read":{"next":5}}`,
        /// `{"read":{"next":5,"with":"bob"}}`, `{"read":{"through":"mb42"}}`.
        case read(Read.Which)
        /// Deletes messages: `{"delete":{"ids":["mb42"],"for":"me"}}`.
        case delete([MessageID], for: Delete.Scope)
    }

    /// An account that somebody wants.
    public struct Registration: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its password, as typed.
        public var password: String
        /// What to show beside the name.
        public var displayName: String?

        /// Creates a registration.
        public init(name: String, password: String, displayName: String? = nil) {
            self.name = name
            self.password = password
            self.displayName = displayName
        }
    }

    /// What proves whose a new session is.
    public struct Credentials: Hashable, Sendable {
        /// The account's name.
        public var name: String
        /// Its password, as typed.
        public var password: String
        /// What the device calls itself; may be empty.
        public var device: String

        /// Creates credentials.
        public init(name: String, password: String, device: String = "") {
            self.name = name
            self.password = password
            self.device = device
        }
    }
}

extension ChatState.Request: LineCodable {
    /// Reads such as `{"send":{"to":"bob","text":"hi"}}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "register": .register(try ChatState.Registration(from: &reader))
            case "login": .login(try ChatState.Credentials(from: &reader))
            case "logout": .logout(try Self.logout(&reader))
            case "send": try Self.send(&reader)
            case "read": .read(try Self.read(&reader))
            case "delete": try Self.delete(&reader)
            default: throw reader.unknown(name)
            }
        }
    }

    /// Writes such as `{"send":{"to":"bob","text":"hi"}}`.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .register(let registration): writer.oneMember("register", registration)
        case .login(let credentials): writer.oneMember("login", credentials)
        case .logout(let which):
            writer.oneCase("logout") { $0.member("which", which == .this ? nil : which) }
        case .send(let recipient, let text):
            writer.oneCase("send") {
                $0.member("to", recipient)
                $0.member("text", text)
            }
        case .read(let which):
            writer.oneCase("read") { ReadMembers.write(which, to: &$0) }
        case .delete(let ids, let scope):
            writer.oneCase("delete") {
                $0.member("ids", ids)
                $0.member("for", scope)
            }
        }
    }

    private static func logout(
        _ reader: inout JSONReader
    ) throws(LineError) -> ChatState.Logout.Which {
        var which = ChatState.Logout.Which.this
        try reader.members { (name, reader) throws(LineError) in
            guard name == "which" else { throw reader.unknown(name) }
            which = try ChatState.Logout.Which(from: &reader)
        }
        return which
    }

    private static func send(_ reader: inout JSONReader) throws(LineError) -> Self {
        var recipient: String?
        var text: String?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "to": recipient = try reader.string()
            case "text": text = try reader.string()
            default: throw reader.unknown(name)
            }
        }
        return .send(
            to: try reader.require(recipient, "to"),
            text: try reader.require(text, "text")
        )
    }

    private static func read(
        _ reader: inout JSONReader
    ) throws(LineError) -> ChatState.Read.Which {
        var which = ReadMembers()
        try reader.members { (name, reader) throws(LineError) in
            try which.read(name, &reader)
        }
        return try which.finish(reader)
    }

    private static func delete(_ reader: inout JSONReader) throws(LineError) -> Self {
        var ids: [MessageID]?
        var scope: ChatState.Delete.Scope?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "ids": ids = try [MessageID](from: &reader)
            case "for": scope = try ChatState.Delete.Scope(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        return .delete(
            try reader.require(ids, "ids"),
            for: try reader.require(scope, "for")
        )
    }
}
