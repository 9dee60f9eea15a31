package import Storage

/// Disks that are put back to an earlier copy of themselves, as an operator does who restores a
/// directory whose node has run since.
extension Simulation {
    /// A copy of a host's disk as it is now.
    package func copyDisk(of host: Int) -> MemoryFileSystem { hosts[host].disk.clone() }

    /// Why a host stopped because two histories met, as often as it did.
    package func contradictions(of host: Int) -> [String] { hosts[host].contradictions }

    /// A node that met another history than its own has stopped; it stays down.
    ///
    /// Without an old copy nothing may lead to that.
    func endContradicted(_ host: Int, _ reason: String) throws(Violation) {
        guard allowsTwoHistories else {
            throw violation(.staysUp, "\(hosts[host].name) stopped: \(reason)")
        }
        hosts[host].contradictions.append(reason)
        hosts[host].packetsToLive = -1
    }
}
