#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The words that the process was started with.
package enum ProcessArguments {
    /// All arguments behind the name of the program.
    ///
    /// - Throws: ``TextError`` if one is not UTF-8: a repaired one would name another file, or be sent.
    package static func all() throws(TextError) -> [String] {
        var arguments: [String] = []
        // Sound: the vector holds `argc` C strings, which nothing changes here.
        for place in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = unsafe CommandLine.unsafeArgv[place] else { break }
            guard let text = unsafe String(validatingCString: word) else {
                throw TextError(place: "argument \(place)", shown: unsafe String(cString: word))
            }
            arguments.append(text)
        }
        return arguments
    }
}

/// An argument or a variable that is not text.
package struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which one: `argument 3`, or the name of a variable.
    package let place: String
    /// What it looks like, with marks in place of what is no text.
    package let shown: String

    /// What to say on standard error, safe for a terminal.
    package var description: String {
        "Error: \(place) is not valid UTF-8: '\(shown)'. Nothing was done.".escapedForTerminal()
    }

    /// The code to end with.
    package var exitCode: ExitCode { .usage }
}
