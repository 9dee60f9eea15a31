/// What a shell offers when the user completes a value.
package enum Completion: Sendable, Equatable {
    /// Nothing, or the words of ``ValueType/choice(_:)``.
    case values
    /// Names of files and directories.
    case file
    /// Names of directories.
    case directory
    /// Names that the program itself prints, from all of these sources.
    case live([LiveNames])
}

/// A call of the program that prints one name a line, for completion while the user types.
///
/// `LiveNames(["users", "--output", "plain"], takesPattern: true)` calls
/// `chat-cli users --output plain 'prefix*'`. The names come from a server: the scripts never let a
/// shell expand them.
package struct LiveNames: Sendable, Equatable {
    /// The arguments of the call, from the names of commands on.
    package let arguments: [String]
    /// Whether what was typed so far follows as a last argument, with `*` appended.
    package let takesPattern: Bool

    /// Describes a call.
    package init(_ arguments: [String], takesPattern: Bool) {
        self.arguments = arguments
        self.takesPattern = takesPattern
    }
}
