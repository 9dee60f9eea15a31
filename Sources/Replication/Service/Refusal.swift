/// A rejection by the state machine, with a stable code.
///
/// As JSON: `{"error":{"code":"user_unknown","message":"there is no user 'carol'"}}`.
public struct Refusal: Error, Hashable, Sendable {
    /// What a client should make of it; decides the HTTP status and the exit code.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The request is wrong in itself: 400.
        case invalid
        /// No session, or a wrong password: 401.
        case unauthenticated
        /// Not allowed: 403.
        case forbidden
        /// Something it names does not exist: 404.
        case notFound = "not_found"
        /// It does not fit what is there: 409.
        case conflict
        /// Too much at once; nothing was done, try later: 429.
        case limited
        /// The state machine is at fault, at each node alike: 501.
        case faulty
    }

    /// What a client should make of it.
    public var kind: Kind
    /// The stable code, such as `user_unknown`.
    public var code: String
    /// For people: what, where, and what to do.
    public var message: String

    /// Creates a refusal.
    public init(_ kind: Kind, code: String, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }
}
