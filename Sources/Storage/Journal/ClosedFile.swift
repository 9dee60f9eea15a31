/// A file of a journal, to be checked line by line; mostly one that is written no more.
struct ClosedFile: Hashable, Sendable {
    var path: String
    /// How much of it counts.
    var bytes: Int
    /// The last entry before the file after it.
    var last: LogIndex
    /// Whether there may be blank lines behind its end, or it may be shorter than ``bytes``.
    var isFilled = false

    /// How much is read between two calls of `goesOn`.
    private static let stepBytes = 256 << 10

    /// The lines that are not what was written.
    ///
    /// - Parameters:
    ///   - fileSystem: The disk.
    ///   - limit: How many findings are enough: a file of blank lines has millions.
    ///   - goesOn: Called now and then with how much was read since; what it has not read when it
    ///     is told to stop counts as good.
    /// - Returns: A finding for each, in the order of the file.
    /// - Throws: ``JournalError/file(_:)``.
    func damages(
        in fileSystem: any FileSystem,
        limit: Int,
        goesOn: (_ bytes: Int) -> Bool = { _ in true }
    ) throws(JournalError) -> [JournalDamage] {
        var lines: SegmentLines
        do throws(FileError) {
            lines = SegmentLines(
                file: try fileSystem.openForReading(path),
                path: path,
                offset: 0,
                limit: bytes,
                closes: true
            )
        } catch { throw .file(error) }
        defer { lines.close() }
        var found: [JournalDamage] = []
        var read = 0
        var batch: UInt64?
        var (number, offset) = (0, 0)
        while found.count < limit, let line = try lines.next() {
            number += 1
            if !(isFilled && line.count == 1), let fault = Self.fault(of: line, &batch) {
                found.append(finding(fault, number, offset))
            }
            offset += line.count
            read += line.count
            guard read >= Self.stepBytes else { continue }
            guard goesOn(read) else { return found }
            read = 0
        }
        if found.count < limit, !isFilled, !lines.isAtEnd {
            found.append(finding("the file ends before byte \(bytes)", number + 1, offset))
        }
        return found
    }

    private func finding(_ reason: String, _ line: Int, _ offset: Int) -> JournalDamage {
        JournalDamage(file: path, line: line, offset: offset, reason: reason)
    }

    /// What is wrong with a line; `batch` is the number of the batch before.
    private static func fault(of line: [UInt8], _ batch: inout UInt64?) -> String? {
        let range = 0..<line.count - 1
        do throws(LineError) {
            _ = try Line.check(line, in: range)
            guard line.holds(BatchHead.prefix, at: 0) else { return nil }
            let head = try BatchHead(line, in: range)
            defer { batch = head.number }
            if let batch, head.number != batch + 1 {
                return "batch \(head.number) where \(batch + 1) must be"
            }
            return nil
        } catch {
            // It may have been a batch's head.
            batch = nil
            return error.reason == .badChecksum
                ? "the line's checksum does not fit" : error.description
        }
    }
}
