import ChatCore
import Storage

/// The members that say which messages a reading marks, the same in requests and operations:
/// `"ids":["mb42"]`, or `"next":5` with an optional `"with":"bob"`, or `"through":"mb42"`.
struct ReadMembers {
    private var ids: [MessageID]?
    private var next: Int?
    private var with: String?
    private var through: MessageID?

    mutating func read(_ name: String, _ reader: inout JSONReader) throws(LineError) {
        switch name {
        case "ids": ids = try [MessageID](from: &reader)
        case "next": next = try reader.count()
        case "with": with = try reader.string()
        case "through": through = try MessageID(from: &reader)
        default: throw reader.unknown(name)
        }
    }

    func finish(_ reader: JSONReader) throws(LineError) -> ChatState.Read.Which {
        switch (ids, next, with, through) {
        case (let ids?, nil, nil, nil): return .these(ids)
        case (nil, let next?, let with, nil): return .next(next, with: with)
        case (nil, nil, nil, let through?): return .through(through)
        default:
            throw reader.error(.invalid("a reading has 'ids', or 'next', or 'through'"))
        }
    }

    static func write(_ which: ChatState.Read.Which, to writer: inout JSONWriter) {
        switch which {
        case .these(let ids): writer.member("ids", ids)
        case .next(let count, let with):
            writer.member("next", count)
            writer.member("with", with)
        case .through(let id): writer.member("through", id)
        }
    }
}
