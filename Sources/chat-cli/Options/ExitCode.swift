/// What a program of this project tells its caller when it ends.
///
/// The numbers from 64 on are those of `sysexits.h`, so that scripts can tell "try again" from "give
/// up" without reading messages.
package enum ExitCode: Int32, Sendable, CaseIterable {
    /// All that was asked for was done.
    case done = 0
    /// The service refused, or something failed that has no code of its own.
    case refused = 1
    /// A check ran to its end and found a problem.
    case problemFound = 2
    /// The command line is wrong; nothing was tried.
    case usage = 64
    /// Input is not what it should be.
    case badData = 65
    /// No such user, room or message.
    case notFound = 67
    /// No server, leader or quorum could be reached; nothing was done.
    case unavailable = 69
    /// A defect of this program.
    case internalError = 70
    /// A file cannot be created.
    case cannotCreate = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// Nobody knows whether it was done; trying again with the same key is safe.
    case outcomeUnknown = 75
    /// The other side speaks another version.
    case versionMismatch = 76
    /// This user may not do that.
    case notPermitted = 77
    /// The configuration is wrong.
    case configuration = 78
    /// A node's committed history is contradicted by its cluster's.
    case contradicted = 79
    /// The user interrupted it.
    case interrupted = 130

    /// The stable name, as documents and scripts write it: `outcome-unknown`.
    package var name: String {
        switch self {
        case .done: "done"
        case .refused: "refused"
        case .problemFound: "problem-found"
        case .usage: "usage"
        case .badData: "bad-data"
        case .notFound: "not-found"
        case .unavailable: "unavailable"
        case .internalError: "internal-error"
        case .cannotCreate: "cannot-create"
        case .inputOutput: "input-output"
        case .outcomeUnknown: "outcome-unknown"
        case .versionMismatch: "version-mismatch"
        case .notPermitted: "not-permitted"
        case .configuration: "configuration"
        case .contradicted: "contradicted"
        case .interrupted: "interrupted"
        }
    }
}
