public import ChatCore
public import Storage

extension ChatState.Register: LineCodable {
    /// Reads `{"name":"bob","display":"Bob","password_hash":"$y$…"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var name: String?
        var displayName: String?
        var passwordHash: String?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "name": name = try reader.string()
            case "display": displayName = try reader.string()
            case "password_hash": passwordHash = try reader.string()
            default: throw reader.unknown(member)
            }
        }
        self.init(
            name: try reader.require(name, "name"),
            displayName: displayName,
            passwordHash: try reader.require(passwordHash, "password_hash")
        )
    }

    /// Writes `{"name":"bob","display":"Bob","password_hash":"$y$…"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("display", displayName)
        writer.member("password_hash", passwordHash)
        writer.endObject()
    }
}

extension ChatState.Login: LineCodable {
    /// Reads `{"name":"bob","password_version":7,"token":"ab…","device":"phone"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var name: String?
        var passwordVersion: UInt64?
        var token: TokenHash?
        var device: String?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "name": name = try reader.string()
            case "password_version": passwordVersion = try reader.unsigned()
            case "token": token = try TokenHash(from: &reader)
            case "device": device = try reader.string()
            default: throw reader.unknown(member)
            }
        }
        self.init(
            name: try reader.require(name, "name"),
            passwordVersion: try reader.require(passwordVersion, "password_version"),
            token: try reader.require(token, "token"),
            device: try reader.require(device, "device")
        )
    }

    /// Writes `{"name":"bob","password_version":7,"token":"ab…","device":"phone"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("password_version", passwordVersion)
        writer.member("token", token)
        writer.member("device", device)
        writer.endObject()
    }
}

extension ChatState.Rekey: LineCodable {
    /// Reads `{"session":"sb12","login":{…}}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var session: SessionID?
        var login: ChatState.Login?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "session": session = try SessionID(from: &reader)
            case "login": login = try ChatState.Login(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            login: try reader.require(login, "login"),
            session: try reader.require(session, "session")
        )
    }

    /// Writes `{"session":"sb12","login":{…}}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("session", session)
        writer.member("login", login)
        writer.endObject()
    }
}

extension ChatState.Logout: LineCodable {
    /// Reads `{"session":"sb12","which":"others"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var session: SessionID?
        var which: Which?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "session": session = try SessionID(from: &reader)
            case "which": which = try Which(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            session: try reader.require(session, "session"),
            which: try reader.require(which, "which")
        )
    }

    /// Writes `{"session":"sb12","which":"others"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("session", session)
        writer.member("which", which)
        writer.endObject()
    }
}

extension ChatState.Logout.Which: LineCodable {
    /// Reads `"this"`, `"all"`, `"others"` or a session's id.
    public init(from reader: inout JSONReader) throws(LineError) {
        switch try reader.string() {
        case "this": self = .this
        case "all": self = .all
        case "others": self = .others
        case let text:
            guard let id = SessionID(text) else {
                throw reader.error(
                    .invalid("a logout ends \"this\", \"all\", \"others\", or a session's id")
                )
            }
            self = .one(id)
        }
    }

    /// Writes `"this"`, `"all"`, `"others"` or a session's id.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .this: writer.string("this")
        case .all: writer.string("all")
        case .others: writer.string("others")
        case .one(let id): id.write(to: &writer)
        }
    }
}
