public import ChatCore
public import Storage

extension ChatState.Registration: LineCodable {
    /// Reads `{"name":"bob","password":"…","display":"Bob"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var name: String?
        var password: String?
        var displayName: String?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "name": name = try reader.string()
            case "password": password = try reader.string()
            case "display": displayName = try reader.string()
            default: throw reader.unknown(member)
            }
        }
        self.init(
            name: try reader.require(name, "name"),
            password: try reader.require(password, "password"),
            displayName: displayName
        )
    }

    /// Writes `{"name":"bob","password":"…","display":"Bob"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("password", password)
        writer.member("display", displayName)
        writer.endObject()
    }
}

extension ChatState.Credentials: LineCodable {
    /// Reads `{"name":"bob","password":"…","device":"phone"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var name: String?
        var password: String?
        var device = ""
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "name": name = try reader.string()
            case "password": password = try reader.string()
            case "device": device = try reader.string()
            default: throw reader.unknown(member)
            }
        }
        self.init(
            name: try reader.require(name, "name"),
            password: try reader.require(password, "password"),
            device: device
        )
    }

    /// Writes `{"name":"bob","password":"…","device":"phone"}`, without `device` for none.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("password", password)
        writer.member("device", device.isEmpty ? nil : device)
        writer.endObject()
    }
}
