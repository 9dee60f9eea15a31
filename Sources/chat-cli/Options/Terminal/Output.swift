/// Standard output or standard error, without a buffer.
package struct Output: Sendable {
    /// For results.
    package static let standard = Output(descriptor: 1)
    /// For everything else.
    package static let standardError = Output(descriptor: 2)

    private let descriptor: Int32

    /// Writes to any open descriptor, which the caller closes.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Makes a reader that went away an error, ``StreamError/closed``, in place of the end of the
    /// process by a signal; to be called once, first of all, by the program.
    package static func reportBrokenPipes() {
        SystemCalls.ignoreBrokenPipes()
    }

    /// Writes all of `text` as it is; what came from elsewhere must be escaped before.
    ///
    /// - Throws: ``StreamError/closed`` or ``StreamError/unwritten(place:reason:)``; part of the
    ///   text may have been written.
    package func write(_ text: String) throws(StreamError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            do throws(SystemCalls.Failure) {
                rest = rest.dropFirst(try SystemCalls.write(rest, to: descriptor))
            } catch {
                if error.isBrokenPipe { throw .closed }
                guard error.isFullForNow else {
                    throw .unwritten(place: name, reason: error.text)
                }
                // Someone who shares the terminal made it non-blocking.
                _ = SystemCalls.wait(for: descriptor, toWrite: true, milliseconds: 1000)
            }
        }
    }

    private var name: String {
        switch descriptor {
        case 1: "standard output"
        case 2: "standard error"
        default: "the output"
        }
    }

    /// Writes `text` and a newline.
    ///
    /// - Throws: As ``write(_:)``.
    package func writeLine(_ text: String) throws(StreamError) {
        try write(text + "\n")
    }
}
