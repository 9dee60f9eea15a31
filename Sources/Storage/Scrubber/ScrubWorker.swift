/// What a ``Scrubber`` does on its thread.
final class ScrubWorker: Sendable {
    private let journal: JournalThread
    private let snapshots: SnapshotStore
    private let pace: ScrubPace
    private let orders: Mailbox<Never>
    private let onDamage: @Sendable (ScrubFinding) -> Void

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
        var told: Set<ScrubFinding> = []
        // The start has just read everything.
        while rest(for: pace.rest) {
            for finding in readAll() where told.insert(finding).inserted { onDamage(finding) }
        }
    }

    /// - Returns: False if the thread is to end.
    private func rest(for time: Duration) -> Bool { orders.takeAll(waiting: time) != nil }

    /// Reads every file once.
    private func readAll() -> [ScrubFinding] {
        var found: [ScrubFinding] = []
        for file in closedFiles() {
            guard let damage = damage(in: file, isPaced: true) else { continue }
            // The first reading is not believed: it may have been the memory's or the cable's fault.
            guard self.damage(in: file, isPaced: false) != nil else { continue }
            found.append(ScrubFinding(damage: damage, last: file.last))
        }
        return found + damagedSnapshots()
    }

    private func closedFiles() -> [ClosedFile] {
        let answer = Mailbox<[ClosedFile]>()
        journal.closedFiles { answer.push($0) }
        return answer.takeAll()?.first ?? []
    }

    /// The first line of a file that is not what was written; nil too if the file is gone.
    private func damage(in file: ClosedFile, isPaced: Bool) -> JournalDamage? {
        do throws(JournalError) {
            let damages = try file.damages(in: snapshots.fileSystem) { bytes in
                !isPaced || rest(for: .seconds(1) * bytes / max(1, pace.bytesPerSecond))
            }
            return damages.first
        } catch {
            if case .file(let error) = error, error.reason == .notFound { return nil }
            return JournalDamage(file: file.path, line: 1, offset: 0, reason: "\(error)")
        }
    }

    /// At full speed: a snapshot is small beside the journal, and is read as it is at a start.
    private func damagedSnapshots() -> [ScrubFinding] {
        do throws(SnapshotError) {
            return try snapshots.newest().damages.map {
                ScrubFinding(damage: $0, last: .zero)
            }
        } catch {
            // Another one has taken its place meanwhile.
            if case .file(let error) = error, error.reason == .notFound { return [] }
            let damage = JournalDamage(
                file: snapshots.directory,
                line: 1,
                offset: 0,
                reason: "\(error)"
            )
            return [ScrubFinding(damage: damage, last: .zero)]
        }
    }
}
