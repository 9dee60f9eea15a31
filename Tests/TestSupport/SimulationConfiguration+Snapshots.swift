package import Replication

extension SimulationConfiguration {
    /// Nodes that snapshot and compact all the time, so that who is away for a moment is behind.
    package static func snapshotting(seed: UInt64) -> SimulationConfiguration {
        var configuration = SimulationConfiguration(seed: seed)
        configuration.snapshotOften()
        return configuration
    }
}
