package import Replication
import Storage

extension SimulationConfiguration {
    /// Nodes that snapshot and compact all the time, so that who is away for a moment is behind.
    package static func snapshotting(seed: UInt64) -> SimulationConfiguration {
        var configuration = SimulationConfiguration(seed: seed)
        configuration.journal = JournalConfiguration(
            segmentBytes: 4 << 10,
            fillBytes: 2 << 10,
            indexBytes: 1 << 10,
            reserveBytes: 512
        )
        configuration.adjust = { node in
            node.snapshots.entries = 12
            node.snapshots.trailingEntries = 5
            node.snapshots.trailingBytes = 0
            node.snapshots.retryInterval = .milliseconds(200)
            node.eventEntries = 20
            // So small that followers are sent what the journal holds.
            node.cacheBytes = 2_000
        }
        return configuration
    }
}
