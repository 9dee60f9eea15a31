/// Who calls, as the request says; nothing in it has been checked.
public struct Caller: Hashable, Sendable {
    /// The bearer token, if the request had one.
    public var token: String?

    /// Creates a caller.
    public init(token: String? = nil) { self.token = token }
}
