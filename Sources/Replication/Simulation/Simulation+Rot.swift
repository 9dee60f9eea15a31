import Storage

/// Damage of disks at rest.
///
/// Each committed entry stays good on a disk whose node can be elected: no second disk is damaged
/// before the node of the first has healed.
extension Simulation {
    /// Damages the disk of a host that is about to start, now and then.
    func rot(_ host: Int) {
        // A node that finds a torn end beside other damage may be unable to tell what it
        // acknowledged, and not start.
        guard happens(faults.rot), !hosts[host].isTorn, mayDamage(host) else { return }
        damage(host)
    }

    /// Flips a bit on a host's disk, or loses a snapshot of it as a whole.
    ///
    /// - Returns: Whether there was something to damage.
    @discardableResult
    public func damage(_ host: Int) -> Bool {
        let disk = hosts[host].disk
        let names: [String]
        do throws(FileError) {
            guard try disk.exists(dataDirectory) else { return false }
            names = try disk.list(dataDirectory).sorted().filter {
                $0.hasSuffix(".jsonl")
            }
        } catch { return false }
        guard !names.isEmpty else { return false }
        // Several entries of one disk, now and then; the others are good.
        var isDamaged = false
        let tries = happens(300) ? 2 + draw(3) : 1
        for _ in 0..<tries where damage(host, names[draw(names.count)]) {
            isDamaged = true
        }
        guard isDamaged else { return false }
        hosts[host].isRotten = true
        hosts[host].wound = .init(
            healsWith: invariants.lastApplied,
            identity: hosts[host].identity
        )
        hosts[host].isMarred = true
        return true
    }

    private func damage(_ host: Int, _ name: String) -> Bool {
        let disk = hosts[host].disk
        let path = FilePath.join(dataDirectory, name)
        if name.hasPrefix("snapshot-"), happens(500) {
            do throws(FileError) { try disk.remove(path) } catch { return false }
            counts[.lostSnapshots] += 1
        } else {
            guard
                let range = decaying(disk.contents(of: path) ?? [], isSnapshot: name.hasPrefix("s"))
            else { return false }
            disk.flip(bit: range.lowerBound * 8 + draw(range.count * 8), of: path)
            counts[.flippedBits] += 1
        }
        return true
    }

    /// Which bytes of a file may change; nil if there are none.
    ///
    /// Of a journal neither its head, for a node that cannot read the only one must not start, nor
    /// its last two batches: the last may be torn, and the one before cannot be told from that then.
    private func decaying(_ bytes: [UInt8], isSnapshot: Bool) -> Range<Int>? {
        if isSnapshot { return bytes.isEmpty ? nil : bytes.indices }
        let places = bytes.places(of: Array("\n{\"batch\":".utf8))
        guard places.count > 2 else { return nil }
        return places[0] + 1..<places[places.count - 2]
    }

    /// Notes that a host's disk holds again what it lost.
    func noteHealed(_ host: Int) {
        guard let wound = hosts[host].wound else { return }
        guard let node = hosts[host].node,
            node.core.state.lost == nil, node.core.durableIndex >= wound.healsWith,
            node.state.applied.index >= wound.healsWith
        else { return }
        if wound.isLoss {
            let membership = invariants.membership
            guard membership.outgoing.isEmpty, membership.isVoter(node.identity) else { return }
        }
        hosts[host].wound = nil
        hosts[host].isMarred = false
        counts[.healed] += 1
    }
}

extension [UInt8] {
    fileprivate func places(of pattern: [UInt8]) -> [Int] {
        var places: [Int] = []
        for index in indices.dropLast(pattern.count - 1)
        where self[index] == pattern[0] && self[index + 2] == pattern[2] {
            if self[index..<index + pattern.count].elementsEqual(pattern) { places.append(index) }
        }
        return places
    }
}
