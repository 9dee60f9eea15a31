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
        /// Another directory, or none, has the name of the one that this process locked.
        case isReplaced
        /// Something is used up that may be there again later; trying again may help.
        case noSpace(SpaceLimit)
        /// The simulated machine is down.
        case crashed
        /// Anything else: the system's code and its text.
        case system(code: Int32, text: String)
    }

    /// What was used up; all are waited for alike.
    public enum SpaceLimit: Hashable, Sendable, CaseIterable {
        /// The disk is full (`ENOSPC`).
        case disk
        /// The user's share of the disk is used up (`EDQUOT`).
        case quota
        /// The file is as long as the process or the file system lets one be (`EFBIG`).
        case fileSize
        /// The process or the system has too many files open (`EMFILE`, `ENFILE`).
        case descriptors
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

    /// Whether something is used up that may be there again later.
    public var isNoSpace: Bool {
        if case .noSpace = reason { true } else { false }
    }

    /// Whether this user may not open it (`EACCES`, `EPERM`).
    ///
    /// A call on what was opened that gives such a code has failed like any other.
    public var isForbidden: Bool {
        guard call == "open", case .system(let code, _) = reason else { return false }
        return code == 13 || code == 1
    }

    /// Whether the disk did not do what it was asked to (`EIO`).
    public var isInputOutput: Bool {
        if case .system(code: 5, _) = reason { true } else { false }
    }

    /// What failed, on what, and why.
    public var description: String {
        let why =
            switch reason {
            case .notFound: "no such file or directory"
            case .alreadyExists: "it exists already"
            case .isLocked: "another process holds the lock"
            case .isReplaced:
                "the directory was moved, removed or replaced while this process used it"
            case .noSpace(let limit): limit.description
            case .crashed: "the simulated machine is down"
            case .system(let code, let text): "\(text) (\(code))"
            }
        return "\(call) \(path): \(why)"
    }
}

extension FileError.Reason {
    /// What a dying disk answers with (`EIO`).
    public static let inputOutput = Self.system(code: 5, text: "input/output error")
}

extension FileError.SpaceLimit: CustomStringConvertible {
    /// What is used up, and what to do.
    public var description: String {
        switch self {
        case .disk: "no space left on the disk; make room"
        case .quota: "the disk quota is used up; make room, or raise it"
        case .fileSize: "the file may not grow any further; raise the limit (ulimit -f)"
        case .descriptors: "too many files are open; raise the limit (ulimit -n)"
        }
    }
}
