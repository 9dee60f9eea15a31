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
    /// All membership entries.
    let memberships: [LogIndex]
    /// The last entry that the node knew to be committed and that is there.
    public let commit: LogIndex
    /// What entries a start would have to get back from other nodes, if any.
    public let lost: LogPosition?
    /// Which of those are good nowhere in the directory.
    public let holes: [ClosedRange<LogIndex>]
    /// The good entries behind the damage, and where they stand.
    let kept: [KeptEntries]
    let keptRuns: [KeptRun]
    /// The snapshots beside it.
    public let snapshots: FoundSnapshots
    /// What is damaged, but for snapshots.
    public let damages: [JournalDamage]
    /// What is damaged and costs nothing, because a snapshot or the file behind it holds the same.
    public let covered: [JournalDamage]
    /// Files that count for nothing, because others hold what they hold; the next start removes them.
    public let superseded: [String]
    /// What a start would drop, and why.
    public let notes: [String]
    /// The files that count, oldest first.
    public let files: [JournalFile]
    /// Files that may hold more damage.
    private let suspects: [String]
    let reader: EntryReader
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
    /// A running node may write, close and drop files meanwhile: what looks wrong is believed once it
    /// looks the same twice.
    ///
    /// - Parameters:
    ///   - directory: Where the files are; it is not locked.
    ///   - fileSystem: The disk.
    /// - Returns: What is there, or nil if there is no journal.
    /// - Throws: ``JournalError`` as ``Journal/open(directory:id:fileSystem:configuration:makeIncarnation:)``.
    public static func read(
        directory: String,
        fileSystem: any FileSystem
    ) throws(JournalError) -> JournalView? {
        var before: Result<Findings, JournalError>?
        for _ in 0..<6 {
            do throws(JournalError) {
                let view = try once(directory, fileSystem)
                guard let findings = view?.findings, findings != Findings() else { return view }
                if before == .success(findings) { return view }
                before = .success(findings)
            } catch {
                switch error {
                case .damaged, .file:
                    if before == .failure(error) { throw error }
                    before = .failure(error)
                default: throw error
                }
            }
        }
        return try once(directory, fileSystem)
    }

    private struct Findings: Hashable {
        var damages: [JournalDamage] = []
        var covered: [JournalDamage] = []
        var lost: LogPosition?
    }

    /// The last membership entry, if there is one.
    public var membershipIndex: LogIndex? { memberships.last }

    private var findings: Findings {
        Findings(damages: snapshots.damages + damages, covered: covered, lost: lost)
    }

    private static func once(
        _ directory: String,
        _ fileSystem: any FileSystem
    ) throws(JournalError) -> JournalView? {
        let snapshots = try Journal.newestSnapshot(directory, fileSystem)
        let recovery = try Recovery.read(
            directory: directory,
            fileSystem: fileSystem,
            configuration: JournalConfiguration(),
            snapshot: snapshots.head?.position ?? .zero
        )
        return try recovery.state.map { (state) throws(JournalError) in
            try JournalView(recovery, state, snapshots)
        }
    }

    init(
        _ recovery: Recovery,
        _ found: JournalState,
        _ snapshots: FoundSnapshots
    ) throws(JournalError) {
        var state = found
        var index = recovery.index
        var segments = recovery.segments
        var notes = recovery.notes
        if let batch = recovery.lastBatch, let link = recovery.last {
            for placed in batch.lines {
                if let rule = state.apply(placed.line) { throw .refused(rule) }
                index.apply(placed.line, segment: link.number, offset: placed.offset)
            }
            state.know(commit: batch.commit)
            segments.removeAll { $0.number == link.number }
            segments.append(
                Recovery.Segment(
                    number: link.number,
                    bytes: batch.bodyOffset + batch.body.count,
                    after: link.head.after
                )
            )
        }
        if !recovery.damages.isEmpty, let vote = state.spentVote(through: recovery.namedTerm) {
            state.vote = vote
        }
        if let note = state.connect(to: snapshots.head, in: recovery.directory) {
            notes.append(note)
            segments = []
        }
        self.snapshots = snapshots
        identity = state.identity
        vote = state.vote
        terms = state.terms
        memberships = state.memberships
        commit = min(state.commit, state.terms.lastIndex)
        lost = state.lost
        (kept, keptRuns) = try Self.scanned(recovery, state)
        holes = KeptEntries.holes(after: state.terms.last, through: state.lost, kept)
        damages = recovery.damages
        covered = recovery.covered
        let counting = Set(segments.map(\.number))
        superseded =
            state.lost == nil
            ? recovery.begun.filter { !counting.contains($0) }.map(recovery.path(of:)) : []
        self.notes = notes
        files = segments.map { segment in
            JournalFile(
                path: recovery.path(of: segment.number),
                bytes: segment.bytes,
                after: segment.after
            )
        }
        suspects = recovery.suspects
        tail = JournalTail(recovery)
        reader = EntryReader(
            directory: recovery.directory,
            fileSystem: recovery.fileSystem,
            terms: state.terms,
            index: index,
            segments: segments,
            active: nil
        )
    }

    private static func scanned(
        _ recovery: Recovery,
        _ state: JournalState
    ) throws(JournalError) -> (kept: [KeptEntries], runs: [KeptRun]) {
        guard let lost = state.lost else { return ([], []) }
        do throws(FileError) {
            // What was begun and never completed is a copy of what stands before it, and goes.
            let scan = try KeptScan.read(
                recovery.numbers.filter { !recovery.unbegun.contains($0) },
                in: recovery.directory,
                recovery.fileSystem,
                strideBytes: recovery.configuration.indexBytes
            )
            return (scan.kept(to: lost, beside: state.terms), scan.runs)
        } catch { throw .file(error) }
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
        var wanted = after.next
        return try reader.entries(&wanted, through: through, maximumBytes: maximumBytes)
    }

    /// Every line that is not what was written, in files that count and in those that do not.
    ///
    /// ``damages`` and ``covered`` name where a start stops reading a file; this goes on behind it. The
    /// end of the newest file may be torn, and is named as well if there is damage before it.
    ///
    /// - Returns: Those, and what else was found, up to a hundred of each file.
    /// - Throws: ``JournalError/file(_:)``.
    public func allDamages() throws(JournalError) -> [JournalDamage] {
        var found = damages + covered
        for path in suspects + superseded.filter({ !suspects.contains($0) }) {
            var file = ClosedFile(path: path, bytes: .max, last: .zero)
            file.isFilled = true
            for damage in try damages(in: file)
            where !found.contains(where: { $0.file == damage.file && $0.line == damage.line }) {
                found.append(damage)
            }
        }
        return found
    }

    /// What is wrong in a file; nothing if the node that runs has dropped it meanwhile.
    private func damages(in file: ClosedFile) throws(JournalError) -> [JournalDamage] {
        do throws(JournalError) { return try file.damages(in: reader.fileSystem, limit: 100) } catch
        {
            guard case .file(let fault) = error, fault.reason == .notFound else { throw error }
            return []
        }
    }
}

extension Recovery {
    /// The files that were begun completely, oldest first.
    fileprivate var begun: [UInt64] { numbers.filter { !unbegun.contains($0) } }

    fileprivate func path(of number: UInt64) -> String {
        FilePath.join(directory, SegmentName.name(number))
    }

    /// The files from the first damaged one on.
    fileprivate var suspects: [String] {
        guard let damage = damages.first else { return [] }
        return begun.map(path(of:)).filter { $0 >= damage.file }
    }
}
