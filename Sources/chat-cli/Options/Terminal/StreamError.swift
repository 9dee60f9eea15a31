/// Why reading from the user or writing to the user failed.
package enum StreamError: Error, Sendable, Equatable {
    /// Nobody reads the output any more, as after `| head`: end quietly.
    case closed
    /// The output takes nothing, as on a full disk, or because it is closed.
    case unwritten(place: String, reason: String)
    /// The system refused.
    case failed(operation: String, reason: String)
    /// A line or text is longer than it may be.
    case tooLong(limitBytes: Int)
    /// The input is not UTF-8.
    case notText
    /// There is no terminal to ask on.
    case noTerminal
    /// The user interrupted the question.
    case interrupted

    /// The code to end with.
    ///
    /// A reader that went away has what it wanted, so that ``closed`` is no failure: the work itself
    /// was done.
    package var exitCode: ExitCode {
        switch self {
        case .closed: .done
        case .unwritten, .failed: .inputOutput
        case .tooLong, .notText: .badData
        case .noTerminal: .usage
        case .interrupted: .interrupted
        }
    }

    /// Whether a result could not be given to anybody.
    package var isUnwritten: Bool {
        if case .unwritten = self { true } else { false }
    }

    /// What to say on standard error; `nil` if nothing.
    package var message: String? {
        switch self {
        case .closed, .interrupted: nil
        case .unwritten(let place, let reason): "Writing \(place) failed: \(reason)"
        case .failed(let operation, let reason): "\(operation) failed: \(reason)"
        case .tooLong(let limit): "The input is longer than \(limit) bytes."
        case .notText: "The input is not valid UTF-8."
        case .noTerminal:
            "There is no terminal to ask for the password."
                + " Use '--password-stdin' or '--password-file'."
        }
    }
}
