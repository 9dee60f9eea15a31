import ChatCore
import Replication

extension ChatError {
    /// The error as clients get it.
    var refusal: Refusal { Refusal(kind, code: code.rawValue, message: message) }

    private var kind: Refusal.Kind {
        switch code {
        case .nameInvalid, .labelInvalid, .passwordTooShort, .passwordInvalid, .messageEmpty,
            .messageTooLarge, .countInvalid, .limitInvalid, .patternInvalid:
            .invalid
        case .credentialsWrong, .sessionUnknown: .unauthenticated
        case .notYours: .forbidden
        case .userUnknown, .deviceUnknown, .messageUnknown: .notFound
        case .nameTaken, .passwordChanged: .conflict
        }
    }
}

/// Runs what throws an error of the chat, and throws it as the refusal that clients get.
func refusing<Value>(
    _ body: () throws(ChatError) -> Value
) throws(Refusal) -> Value {
    do throws(ChatError) {
        return try body()
    } catch {
        throw error.refusal
    }
}
