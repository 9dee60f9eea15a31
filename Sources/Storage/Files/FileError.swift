/// A call to the file system that failed: which, on what, and why.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Why a call failed.
    public enum Reason: Hashable, Sendable {
        /// There is no such file or directory.
        case notFound
        /// A new file would take a name that is in use.
        case alreadyExists
        /// Another process holds the lock.
        case isLocked
        /// The disk or the quota is full.
        case noSpace
        /// The simulated machine is down.
        case crashed
        /// Anything else: the system's code and its text.
        case system(code: Int32, text: String)
    }

    /// Why it failed.
    public var reason: Reason
    /// The call, as `write`.
    public var call: String
    /// What it was called on.
    public var path: String

    /// Creates an error.
    public init(_ reason: Reason, call: String, path: String) {
        self.reason = reason
        self.call = call
        self.path = path
    }

    /// What failed, on what, and why.
    public var description: String {
        let why =
            switch reason {
            case .notFound: "no such file or directory"
            case .alreadyExists: "it exists already"
            case .isLocked: "another process holds the lock"
            case .noSpace: "no space left; make room, then start again"
            case .crashed: "the simulated machine is down"
            case .system(let code, let text): "\(text) (\(code))"
            }
        return "\(call) \(path): \(why)"
    }
}
