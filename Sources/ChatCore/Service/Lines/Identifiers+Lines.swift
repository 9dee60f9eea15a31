public import ChatCore
public import Storage

extension EntryIdentifier {
    /// Reads the text form, as `"mb42"`.
    public init(from reader: inout JSONReader) throws(LineError) {
        let text = try reader.string()
        guard let id = Self(text) else {
            throw reader.error(.invalid("an id of this kind looks like \"\(Self(entry: 42))\""))
        }
        self = id
    }

    /// Writes the text form, as `"mb42"`.
    public func write(to writer: inout JSONWriter) { writer.string(description) }
}

extension AccountID: LineCodable {}
extension SessionID: LineCodable {}
extension MessageID: LineCodable {}
extension ConversationID: LineCodable {}

extension LogTime: LineCodable {
    /// Reads milliseconds since 1970.
    public init(from reader: inout JSONReader) throws(LineError) {
        self.init(milliseconds: try reader.integer())
    }

    /// Writes milliseconds since 1970.
    public func write(to writer: inout JSONWriter) { writer.integer(milliseconds) }
}

extension TokenHash: LineCodable {
    /// Reads 64 lower-case hex digits.
    public init(from reader: inout JSONReader) throws(LineError) {
        guard let bytes = Hex.bytes(try reader.string()), let hash = TokenHash(bytes) else {
            throw reader.error(.invalid("a token's hash is 64 lower-case hex digits"))
        }
        self = hash
    }

    /// Writes 64 lower-case hex digits.
    public func write(to writer: inout JSONWriter) { writer.string(Hex.text(bytes)) }
}

extension ChatError.Code: LineCodable {
    /// Reads the stable code, as `"user_unknown"`.
    public init(from reader: inout JSONReader) throws(LineError) {
        guard let code = Self(rawValue: try reader.string()) else {
            throw reader.error(.invalid("no such code of the chat"))
        }
        self = code
    }

    /// Writes the stable code.
    public func write(to writer: inout JSONWriter) { writer.string(rawValue) }
}
