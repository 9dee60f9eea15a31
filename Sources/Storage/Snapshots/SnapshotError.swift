/// Why a snapshot can't be read or written.
public enum SnapshotError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It holds something else than what was written; nothing of it is used.
    case damaged(JournalDamage)
    /// A newer version of this program wrote it.
    case newerFormat(file: String)
    /// The file system failed; no snapshot was changed, and trying again may help.
    case file(FileError)
    /// Lines that a state machine does not write or take, or bytes that do not follow.
    case invalid(String)

    /// Whether there is no such file.
    var isNotFound: Bool {
        if case .file(let error) = self { error.reason == .notFound } else { false }
    }

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .damaged(let damage): damage.description
        case .newerFormat(let file):
            "\(file) was written by a newer version of this program; start that one"
        case .file(let error): error.description
        case .invalid(let reason): reason
        }
    }
}
