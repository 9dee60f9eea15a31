import ChatCore
import Storage

/// The body of a successful answer, as the front of a node writes it.
///
/// `{"index":42,"output":{…},"secret":{"token":"…"},"repeated":true}` for requests,
/// `{"index":42,"answer":{…}}` for queries. Unknown members are from a newer server, and read over.
struct AnswerEnvelope {
    private(set) var index: UInt64 = 0
    private(set) var output: ChatState.Output?
    private(set) var answer: ChatState.Answer?
    private(set) var secret: Secret?
    private(set) var isRepeated = false

    init(_ body: [UInt8]) throws(LineError) {
        var reader = JSONReader(body)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "index": index = try reader.unsigned()
            case "output": output = try ChatState.Output(from: &reader)
            case "answer": answer = try ChatState.Answer(from: &reader)
            case "secret": secret = try Secret(from: &reader)
            case "repeated": isRepeated = try reader.boolean()
            default: _ = try reader.skip()
            }
        }
        try reader.finish()
    }

    /// An answer that is well formed, but not to what was asked.
    static let otherKind = LineError(.invalid("it answers something else"))
}
