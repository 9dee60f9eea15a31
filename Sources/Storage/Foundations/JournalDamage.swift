/// A place in a journal's file that does not hold what was made durable there.
public struct JournalDamage: Hashable, Sendable, CustomStringConvertible {
    /// The file's path.
    public var file: String
    /// The line, counted from 1 as editors do.
    public var line: Int
    /// The line's first byte, counted from 0.
    public var offset: Int
    /// What is wrong with it.
    public var reason: String

    /// Creates a finding.
    public init(file: String, line: Int, offset: Int, reason: String) {
        self.file = file
        self.line = line
        self.offset = offset
        self.reason = reason
    }

    /// Where and what.
    public var description: String { "\(file), line \(line) (byte \(offset)): \(reason)" }
}
