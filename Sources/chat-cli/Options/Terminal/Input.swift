/// Standard input, without a buffer: what is not asked for stays for the next reader.
package struct Input: Sendable {
    /// The input of the process.
    package static let standard = Input(descriptor: 0)

    let descriptor: Int32

    /// Reads from any open descriptor, which the caller closes.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Reads a file, a pipe or a device by its path while `body` runs, from its beginning to its end.
    ///
    /// It is opened for reading alone, and read in its order: a secret may be on a read-only disk, or
    /// come from `/dev/stdin`, a named pipe or a process substitution.
    ///
    /// - Throws: ``StreamError/failed(operation:reason:)`` if it can't be opened, and what `body` throws.
    package static func reading<T>(
        _ path: String,
        _ body: (Input) throws -> T
    ) throws -> T {
        let descriptor: Int32
        do throws(SystemCalls.Failure) {
            descriptor = try SystemCalls.openForReading(path)
        } catch {
            throw StreamError.failed(operation: "Opening '\(path)'", reason: error.text)
        }
        defer { SystemCalls.close(descriptor) }
        return try body(Input(descriptor: descriptor))
    }

    /// Whether a person types it.
    package var isTerminal: Bool { SystemCalls.isTerminal(descriptor) }

    /// Reads the first line, without its `\n` or `\r\n`, and nothing beyond.
    ///
    /// - Returns: `nil` if the input ends before the first byte.
    /// - Throws: ``StreamError/tooLong(limitBytes:)``, ``StreamError/notText`` or
    ///   ``StreamError/failed(operation:reason:)``.
    package func firstLine(limitBytes: Int = 4096) throws(StreamError) -> String? {
        var line: [UInt8] = []
        while true {
            // Byte by byte, because there is no way to give back what follows the line.
            guard let byte = try read(1).first else {
                return line.isEmpty ? nil : try text(line)
            }
            if byte == UInt8(ascii: "\n") { break }
            guard line.count < limitBytes else { throw .tooLong(limitBytes: limitBytes) }
            line.append(byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return try text(line)
    }

    /// Reads up to the end.
    ///
    /// - Throws: As ``firstLine(limitBytes:)``.
    package func all(limitBytes: Int) throws(StreamError) -> String {
        var bytes: [UInt8] = []
        while true {
            let part = try read(16_384)
            if part.isEmpty { return try text(bytes) }
            guard part.count <= limitBytes - bytes.count else {
                throw .tooLong(limitBytes: limitBytes)
            }
            bytes += part
        }
    }

    private func read(_ limit: Int) throws(StreamError) -> [UInt8] {
        while true {
            do throws(SystemCalls.Failure) {
                return try SystemCalls.read(limit, from: descriptor)
            } catch {
                if error.isHangUp, isTerminal { return [] }
                guard error.isFullForNow else {
                    throw .failed(operation: "Reading", reason: error.text)
                }
                _ = SystemCalls.wait(for: descriptor, toWrite: false, milliseconds: 1000)
            }
        }
    }

    private func text(_ bytes: [UInt8]) throws(StreamError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
        return text
    }
}
