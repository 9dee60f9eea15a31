package import Storage

/// The threads that work on the files of snapshots: one writes and receives, one reads pieces for
/// others.
///
/// A snapshot takes as long as its state is large, and under load the next one is due by then. A
/// member that waited for each of them between two pieces would never get one. Pieces are only read
/// of snapshots that are pinned, and those stay whatever the other thread removes.
package final class SnapshotThreads: Sendable {
    private let writer = Worker(limit: 1_024)
    private let reader = Worker(limit: 1_024)

    /// Starts both.
    package init() {}

    /// Runs what writes a snapshot; false if too much waits, or it was stopped.
    package func write(_ job: @escaping @Sendable () -> Void) -> Bool { writer.run(job) }

    /// Carries out an order, and reports what the node is to be told.
    ///
    /// What is dropped because the threads are stopping is asked for again, or no more.
    package func carryOut(
        _ order: SnapshotOrder,
        in store: SnapshotStore,
        _ report: @escaping @Sendable (NodeInput) -> Void
    ) {
        let worker =
            switch order {
            case .read: reader
            case .receive, .install, .drop, .keep: writer
            }
        _ = worker.run {
            if let input = store.carryOut(order) { report(input) }
        }
    }

    /// Drops what waits, and returns when what runs is done.
    package func stop() {
        reader.stop()
        writer.stop()
    }
}
