/// A look at a journal that changes nothing, be it in use or not.
///
/// It shows what a start at this moment would find. What a running node writes later is not in it.
public struct JournalView {
    /// Whose journal it is.
    public let identity: JournalIdentity
    /// The last term and vote.
    public let vote: Vote
    /// The positions of the entries.
    public let terms: LogTerms
    /// The last membership entry, if there is one.
    public let membershipIndex: LogIndex?
    /// What entries a start would have to get back from other nodes, if any.
    public let lost: LogPosition?
    /// What is damaged.
    public let damages: [JournalDamage]
    /// What a start would drop, and why.
    public let notes: [String]
    /// The files that count, oldest first.
    public let files: [JournalFile]
    private let reader: EntryReader
    /// What is appended from here on, if the node runs.
    public let tail: JournalTail

    /// A file of a journal and how much of it counts.
    public struct JournalFile: Hashable, Sendable {
        /// Its path.
        public let path: String
        /// How many of its bytes count.
        public let bytes: Int
        /// The last entry before it.
        public let after: LogPosition
    }

    /// Reads the journal of a directory.
    ///
    /// A running node may write, close and drop files meanwhile, so it is read again a few times
    /// before what looks wrong is believed.
    ///
    /// - Parameters:
    ///   - directory: Where the files are; it is not locked.
    ///   - fileSystem: The disk.
    ///   - snapshot: The last entry of the newest good snapshot; zero if there is none.
    /// - Returns: What is there, or nil if there is no journal.
    /// - Throws: ``JournalError`` as ``Journal/open(directory:id:fileSystem:configuration:makeIncarnation:)``.
    public static func read(
        directory: String,
        fileSystem: any FileSystem,
        snapshot: LogPosition
    ) throws(JournalError) -> JournalView? {
        for _ in 0..<4 {
            do throws(JournalError) {
                let view = try once(directory, fileSystem, snapshot)
                if view.map({ $0.damages.isEmpty }) ?? true { return view }
            } catch {
                switch error {
                case .damaged, .file: continue
                default: throw error
                }
            }
        }
        return try once(directory, fileSystem, snapshot)
    }

    private static func once(
        _ directory: String,
        _ fileSystem: any FileSystem,
        _ snapshot: LogPosition
    ) throws(JournalError) -> JournalView? {
        let recovery = try Recovery.read(
            directory: directory,
            fileSystem: fileSystem,
            configuration: JournalConfiguration(),
            snapshot: snapshot
        )
        return try recovery.state.map { (state) throws(JournalError) in
            try JournalView(recovery, state)
        }
    }

    private init(_ recovery: Recovery, _ found: JournalState) throws(JournalError) {
        var state = found
        var index = recovery.index
        var segments = recovery.segments
        if let batch = recovery.lastBatch, let link = recovery.last {
            for placed in batch.lines {
                if let rule = state.apply(placed.line) { throw .refused(rule) }
                index.apply(placed.line, segment: link.number, offset: placed.offset)
            }
            segments.removeAll { $0.number == link.number }
            segments.append(
                Recovery.Segment(
                    number: link.number,
                    bytes: batch.bodyOffset + batch.body.count,
                    after: link.head.after
                )
            )
        }
        identity = state.identity
        vote = state.vote
        terms = state.terms
        membershipIndex = state.memberships.last
        lost = state.lost
        damages = recovery.damages
        notes = recovery.notes
        files = segments.map { segment in
            JournalFile(
                path: FilePath.join(recovery.directory, SegmentName.name(segment.number)),
                bytes: segment.bytes,
                after: segment.after
            )
        }
        tail = JournalTail(recovery, behind: state.terms.last)
        reader = EntryReader(
            directory: recovery.directory,
            fileSystem: recovery.fileSystem,
            terms: state.terms,
            index: index,
            segments: segments,
            active: nil
        )
    }

    /// The lines of entries; see ``Journal/entries(after:through:maximumBytes:)``.
    ///
    /// - Parameters:
    ///   - after: The entry before the first one wanted.
    ///   - through: The last one wanted.
    ///   - maximumBytes: The lines together are not longer than this, but for the first.
    /// - Returns: The entries, in order.
    /// - Throws: ``JournalError/damaged(_:)`` if a line is not what was written;
    ///   ``JournalError/file(_:)`` if the node that runs has dropped the file meanwhile.
    public func entries(
        after: LogIndex,
        through: LogIndex,
        maximumBytes: Int
    ) throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        try reader.entries(after: after, through: through, maximumBytes: maximumBytes)
    }

    /// Every damaged line in the files that are written no more.
    ///
    /// ``damages`` names where a start would stop reading; this goes on behind it.
    ///
    /// - Throws: ``JournalError/file(_:)``.
    public func allDamages() throws(JournalError) -> [JournalDamage] {
        var found: [JournalDamage] = []
        for (file, next) in zip(files, files.dropFirst()) {
            let closed = ClosedFile(path: file.path, bytes: file.bytes, last: next.after.index)
            found += try closed.damages(in: reader.fileSystem)
        }
        return found + damages.filter { !found.contains($0) }
    }
}
