/// A file of a journal that is written no more.
struct ClosedFile: Hashable, Sendable {
    var path: String
    /// How much of it counts.
    var bytes: Int
    /// The last entry before the file after it.
    var last: LogIndex

    /// How much is read between two calls of `goesOn`.
    private static let stepBytes = 256 << 10

    /// Every line that is not what was written.
    ///
    /// - Parameters:
    ///   - fileSystem: The disk.
    ///   - goesOn: Called now and then with how much was read since; what it has not read when it
    ///     is told to stop counts as good.
    /// - Returns: A finding for each, in the order of the file.
    /// - Throws: ``JournalError/file(_:)``.
    func damages(
        in fileSystem: any FileSystem,
        goesOn: (_ bytes: Int) -> Bool = { _ in true }
    ) throws(JournalError) -> [JournalDamage] {
        var lines: SegmentLines
        do throws(FileError) {
            lines = SegmentLines(
                file: try fileSystem.open(path),
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
        while let line = try lines.next() {
            if let fault = Self.fault(of: line, &batch) { found.append(try lines.finding(fault)) }
            read += line.count
            guard read >= Self.stepBytes else { continue }
            guard goesOn(read) else { return found }
            read = 0
        }
        if !lines.isAtEnd { found.append(try lines.finding("the file ends before byte \(bytes)")) }
        return found
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
            return error.reason == .badChecksum
                ? "the line's checksum does not fit" : error.description
        }
    }
}
