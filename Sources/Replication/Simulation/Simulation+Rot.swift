import Storage

/// Damage of disks at rest.
///
/// Each committed entry stays good on a disk whose node can be elected: no second disk is damaged
/// before the node of the first has healed.
extension Simulation {
    /// Damages the disk of a host that is about to start, now and then.
    func rot(_ host: Int) {
        // Before a cluster is formed its first entry may be on one disk alone; and a node that finds a
        // torn end beside other damage may be unable to tell what it acknowledged, and not start.
        guard happens(faults.rot), invariants.lastApplied > LogIndex(3), !hosts[host].isTorn,
            !hosts.contains(where: { $0.healsWith != nil })
        else { return }
        damage(host)
    }

    /// Flips a bit on a host's disk, or loses a snapshot of it as a whole.
    ///
    /// - Returns: Whether there was something to damage.
    @discardableResult
    package func damage(_ host: Int) -> Bool {
        let disk = hosts[host].disk
        let names: [String]
        do throws(FileError) {
            guard try disk.exists(SimulatedHost<Machine>.directory) else { return false }
            names = try disk.list(SimulatedHost<Machine>.directory).sorted().filter {
                $0.hasSuffix(".jsonl")
            }
        } catch { return false }
        guard !names.isEmpty else { return false }
        let name = names[draw(names.count)]
        let path = FilePath.join(SimulatedHost<Machine>.directory, name)
        if name.hasPrefix("snapshot-"), happens(500) {
            do throws(FileError) { try disk.remove(path) } catch { return false }
            counts.lostSnapshots += 1
        } else {
            guard
                let range = decaying(disk.contents(of: path) ?? [], isSnapshot: name.hasPrefix("s"))
            else { return false }
            disk.flip(bit: range.lowerBound * 8 + draw(range.count * 8), of: path)
            counts.flippedBits += 1
        }
        hosts[host].healsWith = invariants.lastApplied
        return true
    }

    /// Which bytes of a file may change; nil if there are none.
    ///
    /// Of a journal neither its head, for a node that cannot read the only one must not start, nor
    /// its last two batches: the last may be torn, and the one before cannot be told from that then.
    private func decaying(_ bytes: [UInt8], isSnapshot: Bool) -> Range<Int>? {
        if isSnapshot { return bytes.isEmpty ? nil : bytes.indices }
        let prefix = Array("\n{\"batch\":".utf8)
        let places = bytes.indices.filter { bytes[$0...].starts(with: prefix) }
        guard places.count > 2 else { return nil }
        return places[0] + 1..<places[places.count - 2]
    }

    /// Notes that a host's disk holds again what it lost.
    func noteHealed(_ host: Int) {
        guard let wanted = hosts[host].healsWith, let node = hosts[host].node,
            node.core.state.lost == nil, node.core.durableIndex >= wanted,
            node.state.applied.index >= wanted
        else { return }
        hosts[host].healsWith = nil
        counts.healed += 1
    }
}
