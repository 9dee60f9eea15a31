/// What a ``Scrubber`` does on its thread.
///
/// Sound: made by one thread, which hands it over at once; from then on only `run` touches it,
/// on its thread.
final class ScrubWorker: @unchecked Sendable {
    private let journal: JournalThread
    private let snapshots: SnapshotStore
    private let pace: ScrubPace
    private let orders: Mailbox<Never>
    private let onDamage: @Sendable (ScrubFinding) -> Void
    private var told: Set<ScrubFinding> = []

    init(
        _ journal: JournalThread,
        _ snapshots: SnapshotStore,
        _ pace: ScrubPace,
        _ orders: Mailbox<Never>,
        _ onDamage: @escaping @Sendable (ScrubFinding) -> Void
    ) {
        self.journal = journal
        self.snapshots = snapshots
        self.pace = pace
        self.orders = orders
        self.onDamage = onDamage
    }

    func run() {
        // The start has just read everything.
        while rest(for: pace.rest) {
            for file in closedFiles() { check { goesOn in damage(in: file, goesOn) } }
            for index in snapshotIndices() { check { goesOn in damage(inSnapshot: index, goesOn) } }
        }
    }

    private typealias GoesOn = (_ bytes: Int) -> Bool

    /// Reads a file, and a second time before what looks wrong is believed: it may have been the
    /// memory's or the cable's fault.
    private func check(_ read: (GoesOn) -> ScrubFinding?) {
        guard rest(for: .zero), read(goesOnSlowly) != nil, rest(for: .zero) else { return }
        guard let finding = read({ _ in rest(for: .zero) }) else { return }
        if told.insert(finding).inserted { onDamage(finding) }
    }

    private func goesOnSlowly(_ bytes: Int) -> Bool {
        rest(for: .seconds(1) * bytes / max(1, pace.bytesPerSecond))
    }

    /// - Returns: False if the thread is to end.
    private func rest(for time: Duration) -> Bool { orders.takeAll(waiting: time) != nil }

    private func closedFiles() -> [ClosedFile] {
        let answer = Mailbox<[ClosedFile]>()
        journal.closedFiles { answer.push($0) }
        return answer.takeAll()?.first ?? []
    }

    /// The first line of a file that is not what was written; nil too if the file is gone.
    private func damage(in file: ClosedFile, _ goesOn: GoesOn) -> ScrubFinding? {
        let damage: JournalDamage?
        do throws(JournalError) {
            damage = try file.damages(in: snapshots.fileSystem, limit: 1, goesOn: goesOn).first
        } catch {
            switch error {
            case .file(let error): damage = unreadable(file.path, error)
            case .damaged(let found): damage = found
            default: damage = JournalDamage(file: file.path, line: 1, offset: 0, reason: "\(error)")
            }
        }
        return damage.map { ScrubFinding(damage: $0, last: file.last) }
    }

    private func snapshotIndices() -> [LogIndex] {
        // A directory that can't be listed is the journal's to tell, which writes there.
        do throws(SnapshotError) { return try snapshots.indices() } catch { return [] }
    }

    private func damage(inSnapshot index: LogIndex, _ goesOn: GoesOn) -> ScrubFinding? {
        let path = snapshots.path(index)
        let damage: JournalDamage?
        do throws(SnapshotError) {
            _ = try snapshots.verify(path, index: index, goesOn: goesOn)
            return nil
        } catch {
            switch error {
            case .damaged(let found): damage = found
            case .file(let error): damage = unreadable(path, error)
            case .newerFormat, .invalid:
                damage = JournalDamage(file: path, line: 1, offset: 0, reason: "\(error)")
            }
        }
        return damage.map { ScrubFinding(damage: $0, last: .zero) }
    }

    /// A file that was dropped, or that can't be opened for now, is not damaged.
    private func unreadable(_ path: String, _ error: FileError) -> JournalDamage? {
        if error.reason == .notFound || error.isNoSpace { return nil }
        return JournalDamage(file: path, line: 1, offset: 0, reason: "\(error)")
    }
}
