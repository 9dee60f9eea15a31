/// Reads a journal's files and says what of them counts; changes nothing.
///
/// The last batch is handed back unapplied, to be written again: after a failed sync, reading shows
/// the page cache and not the disk, so it is not believed where it lies. The same holds for a file
/// whose only batch it is.
///
/// The first damage ends what counts, unless a snapshot holds all before a later file. What the
/// good lines say was once held beyond it is ``JournalState/lost``. If no good head says where the
/// journal ended, the node cannot know what it acknowledged, and reading throws.
struct Recovery {
    /// A file of the journal and how much of it counts.
    struct Segment: Hashable {
        var number: UInt64
        var bytes: Int
        /// The last entry before it.
        var after: LogPosition
        /// Whether a truncation in it or behind it took back what its head says: read without the
        /// files before, it would contradict itself.
        var isOvertaken = false
    }

    /// A file whose head is good, to be read.
    struct Link {
        var number: UInt64
        /// How much of it counts; nil for a file of which that is to be found out.
        var limit: Int?
        var head: SegmentHead
        /// Where its first batch begins.
        var bodyOffset: Int
    }

    /// What the files hold, up to the last batch; nil if there is no journal.
    var state: JournalState?
    var index: SparseIndex
    /// The files that count, oldest first.
    var segments: [Segment] = []
    /// The good lines of the last batch, which must be written again.
    var lastBatch: Batch?
    /// The file that was read last, which holds it.
    var last: Link?
    /// The number of the next batch, be it the last one again.
    var nextBatch: UInt64 = 1
    /// What was found damaged, and not held by a snapshot.
    var damages: [JournalDamage] = []
    /// What was found damaged and costs nothing: a snapshot, or the file behind it, holds what was there.
    var covered: [JournalDamage] = []
    /// The largest term that any good line names, if there is damage.
    var namedTerm = Term.zero
    var notes: [String] = []
    /// The newest file that can be read from its head on.
    var top: UInt64 = 0
    /// Files that were begun and never completed.
    var unbegun: [UInt64] = []
    /// All numbers in the directory.
    let numbers: [UInt64]

    let directory: String
    let fileSystem: any FileSystem
    let configuration: JournalConfiguration
    /// The last entry of the newest good snapshot; zero if there is none.
    let snapshot: LogPosition
    /// Whether what the disk does not give back counts as damage.
    private let salvages: Bool

    /// Reads all files; damage is believed only after a second reading, and so is a disk that does
    /// not give back what it holds (`EIO`): that counts as damage of the file.
    ///
    /// A directory that does not exist yet holds nothing.
    static func read(
        directory: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration,
        snapshot: LogPosition,
        exists: Bool = true
    ) throws(JournalError) -> Recovery {
        func attempt(salvages: Bool) throws(JournalError) -> Recovery {
            try Recovery(
                directory: directory,
                fileSystem: fileSystem,
                configuration: configuration,
                snapshot: snapshot,
                exists: exists,
                salvages: salvages
            )
        }
        let reason: String
        do throws(JournalError) {
            let first = try attempt(salvages: false)
            if let damage = first.damages.first {
                reason = "\(damage)"
            } else if first.state == nil, let note = first.notes.first {
                // The only file seems never to have been begun, and a new directory would take the
                // place of this one.
                reason = note
            } else {
                return first
            }
        } catch {
            switch error {
            case .damaged(let damage): reason = "\(damage)"
            case .file(let error) where error.isInputOutput: reason = "\(error)"
            default: throw error
            }
        }
        var second = try attempt(salvages: true)
        if second.damages.isEmpty, second.state != nil {
            second.notes.append("\(reason): good when read again")
        }
        return second
    }

    private init(
        directory: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration,
        snapshot: LogPosition,
        exists: Bool,
        salvages: Bool
    ) throws(JournalError) {
        self.salvages = salvages
        self.directory = directory
        self.fileSystem = fileSystem
        self.configuration = configuration
        self.snapshot = snapshot
        index = SparseIndex(strideBytes: configuration.indexBytes)
        do throws(FileError) {
            let names = exists ? try fileSystem.list(directory) : []
            numbers = names.compactMap { SegmentName.number($0) }.sorted()
        } catch { throw .file(error) }
        guard let top = try findTop() else { return }
        self.top = top.number
        let links = try trail(to: top)
        try replay(links)
        try findOverruns(links)
        if !damages.isEmpty { try bound() }
    }

    /// The number of the next file: above all that were ever begun.
    var nextSegment: UInt64 { (numbers.last ?? 0) + 1 }

    /// The newest file that was begun, which must say that another one follows it.
    var newest: UInt64? { numbers.last { !unbegun.contains($0) } }
}

extension Recovery {
    /// The newest file that was begun completely and can be read from its head on.
    private mutating func findTop() throws(JournalError) -> Link? {
        for number in numbers.reversed() {
            let file = try read(number)
            if !file.isBlank(from: 0) {
                switch try head(of: file) {
                case .good(let head, let bodyOffset):
                    if isBegun(file, bodyOffset) {
                        return Link(number: number, head: head, bodyOffset: bodyOffset)
                    }
                case .damaged(let damage):
                    // A file is begun with one batch and one write. A second one was written only
                    // after that was durable, head and all.
                    let isTorn =
                        file.isUnwrittenHead([SegmentHead.prefix], at: 0)
                        && file.batches(from: 0).count < 2
                    if !isTorn {
                        damages.append(damage)
                        continue
                    }
                }
                notes.append(file.dropped(from: 0, "the file was never begun completely"))
            }
            unbegun.append(number)
        }
        guard let damage = damages.first else { return nil }
        // Not even whose journal it is can be read.
        throw .damaged(damage)
    }

    /// Whether a file's first batch was written completely, and with it the file's beginning.
    ///
    /// If not, nothing of the file counts, not even good lines: they may be copies of lines that
    /// are complete in the file before, where an earlier recovery crashed. If the file was durable
    /// once, the one before it is closed, and that is damage.
    func isBegun(_ file: SegmentFile, _ bodyOffset: Int) -> Bool {
        guard bodyOffset < file.bytes.count, !file.isBlank(from: bodyOffset) else { return false }
        let end = file.lineEnd(from: bodyOffset) ?? file.bytes.count
        // Which number it must have is known only once the files before are read. If the head can't
        // be read, any batch after it is one too many.
        let number = (try? BatchHead(file.bytes, in: bodyOffset..<end))?.number ?? 1
        switch file.batch(number, at: bodyOffset, mayBeTorn: true) {
        case .complete, .damaged: return true
        case .torn, .tornHead: return false
        }
    }

    enum Head {
        case good(SegmentHead, bodyOffset: Int)
        case damaged(JournalDamage)
    }

    /// Reads the first line of a file.
    func head(of file: SegmentFile) throws(JournalError) -> Head {
        let end = file.lineEnd(from: 0) ?? file.bytes.count
        let head: SegmentHead
        do throws(LineError) {
            head = try SegmentHead(file.bytes, in: 0..<end)
        } catch {
            if error.reason == SegmentHead.newer { throw .newerFormat(file: file.path) }
            return .damaged(file.damage(at: 0, "the head of the file can't be read: \(error)"))
        }
        guard head.segment == file.number, head.previous.map({ $0.segment < file.number }) ?? true
        else { return .damaged(file.damage(at: 0, "the head belongs to file \(head.segment)")) }
        return .good(head, bodyOffset: min(end + 1, file.bytes.count))
    }

    /// The files from the oldest that counts to this one.
    ///
    /// Where the way back ends, a snapshot must hold all before: those files were dropped. If not,
    /// a file is lost, and what stands behind it does not count.
    private mutating func trail(to top: Link) throws(JournalError) -> [Link] {
        var links = [top]
        while let link = links.first, let previous = link.head.previous {
            let gap: JournalDamage
            if numbers.contains(previous.segment) {
                let file = try read(previous.segment, first: Self.headBytes)
                switch try head(of: file) {
                case .good(let head, let bodyOffset):
                    let older = Link(
                        number: previous.segment,
                        limit: previous.bytes,
                        head: head,
                        bodyOffset: bodyOffset
                    )
                    links.insert(older, at: 0)
                    continue
                case .damaged(let damage): gap = damage
                }
            } else {
                gap = missing(previous.segment)
            }
            if link.head.after.index <= snapshot.index {
                // What was dropped is missing, and no damage.
                if numbers.contains(previous.segment) { covered.append(gap) }
                break
            }
            damages.append(gap)
            links = try newestLink(before: previous.segment).map { [$0] } ?? []
        }
        if links.isEmpty {
            state = JournalState(identity: top.head.identity)
            nextBatch = top.head.batch ?? 1
        }
        return links
    }

    /// The newest file before a lost one that can be read from its head on.
    private func newestLink(before number: UInt64) throws(JournalError) -> Link? {
        for older in numbers.reversed() where older < number {
            let file = try read(older, first: Self.headBytes)
            if case .good(let head, let bodyOffset) = try head(of: file) {
                return Link(number: older, head: head, bodyOffset: bodyOffset)
            }
        }
        return nil
    }

    /// More than any head has.
    private static let headBytes = 1 << 16

    private func missing(_ number: UInt64) -> JournalDamage {
        JournalDamage(
            file: FilePath.join(directory, SegmentName.name(number)),
            line: 1,
            offset: 0,
            reason: "the file is missing"
        )
    }

    /// Reads a file, or its first `first` bytes.
    func read(_ number: UInt64, first: Int = .max) throws(JournalError) -> SegmentFile {
        let path = FilePath.join(directory, SegmentName.name(number))
        do throws(FileError) {
            let file = try fileSystem.openForReading(path)
            defer { file.close() }
            let count = min(try file.size(), first)
            guard salvages else {
                let bytes = try file.read(at: 0, count: count)
                return SegmentFile(number: number, path: path, bytes: bytes)
            }
            let (bytes, error) = try file.salvage(count)
            return SegmentFile(number: number, path: path, bytes: bytes, fault: error)
        } catch { throw .file(error) }
    }
}

extension [Recovery.Segment] {
    /// Notes what truncations took back of what heads say.
    mutating func apply(_ lines: [Batch.PlacedLine]) {
        for placed in lines {
            guard case .truncate(let last) = placed.line else { continue }
            for index in indices where self[index].after.index > last {
                self[index].isOvertaken = true
            }
        }
    }
}
