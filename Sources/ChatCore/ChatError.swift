/// A rejection by the chat: a stable code, and what it is about.
///
/// The text for people is made from both, so that outputs, which are kept for retries, stay small.
public struct ChatError: Error, Hashable, Sendable {
    /// The stable codes; scripts compare them, so they never change.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Not a name: 1 to 32 of ASCII letters, digits, `.`, `_`, `-`.
        case nameInvalid = "name_invalid"
        /// Somebody has the name.
        case nameTaken = "name_taken"
        /// A display name or device name that is too long or has control characters.
        case labelInvalid = "label_invalid"
        /// Empty, or shorter than ``Limits/passwordScalars``.
        case passwordTooShort = "password_too_short"
        /// Longer than ``Limits/passwordBytes``, or with a NUL in it.
        case passwordInvalid = "password_invalid"
        /// The name is unknown or the password wrong; which of both is not said.
        case credentialsWrong = "credentials_wrong"
        /// The password was changed while it was being checked.
        case passwordChanged = "password_changed"
        /// No session has this token: never, or no longer.
        case sessionUnknown = "session_unknown"
        /// The account has no session of this id.
        case deviceUnknown = "device_unknown"
        /// Nobody has the name.
        case userUnknown = "user_unknown"
        /// A message needs a text.
        case messageEmpty = "message_empty"
        /// More than ``Limits/messageBytes``.
        case messageTooLarge = "message_too_large"
        /// There is no such message, or not for this account.
        case messageUnknown = "message_unknown"
        /// Only its sender may delete a message for all.
        case notYours = "not_yours"
        /// Between 1 and ``Limits/idsPerRequest`` messages can be named at once.
        case countInvalid = "count_invalid"
        /// A page has 1 to ``Limits/pageItems`` items.
        case limitInvalid = "limit_invalid"
        /// Longer than ``Limits/patternBytes``.
        case patternInvalid = "pattern_invalid"
    }

    /// The stable code.
    public let code: Code
    /// What it is about, such as a name or an id; may be empty.
    public let subject: String

    /// Creates an error.
    public init(_ code: Code, about subject: String = "") {
        self.code = code
        self.subject = subject
    }

    /// What is wrong, and what would be right, in one clause.
    public var message: String {
        switch code {
        case .nameInvalid: "a name is 1 to 32 of ASCII letters, digits, '.', '_', '-'"
        case .nameTaken: "the name '\(subject)' is taken"
        case .labelInvalid:
            "'\(subject)' must have at most \(Limits.labelBytes) bytes and no control characters"
        case .passwordTooShort: "a password has at least \(Limits.passwordScalars) characters"
        case .passwordInvalid:
            "a password has at most \(Limits.passwordBytes) bytes, and none of them is NUL"
        case .credentialsWrong: "the name is unknown or the password is wrong"
        case .passwordChanged: "the password was changed meanwhile; log in again"
        case .sessionUnknown: "there is no session with this token, or no longer; log in"
        case .deviceUnknown: "there is no session '\(subject)' of this account"
        case .userUnknown: "there is no user '\(subject)'"
        case .messageEmpty: "a message needs a text"
        case .messageTooLarge:
            "a message has at most \(Limits.messageBytes) bytes, not \(subject)"
        case .messageUnknown: "there is no message '\(subject)'"
        case .notYours: "message '\(subject)' is not yours to delete for all"
        case .countInvalid: "name 1 to \(Limits.idsPerRequest) messages at once"
        case .limitInvalid: "a page has 1 to \(Limits.pageItems) items"
        case .patternInvalid: "a pattern has at most \(Limits.patternBytes) bytes"
        }
    }
}
