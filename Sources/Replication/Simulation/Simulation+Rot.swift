import Storage

/// Damage of disks at rest.
///
/// Each committed entry stays good on a disk whose node can be elected, or on one of two that help each
/// other: a second disk is damaged before the node of the first has healed only in entries that are
/// good there, and a third one never.
extension Simulation {
    /// Damages the disk of a host that is about to start, now and then, and of another one with it.
    func rot(_ host: Int) throws(Violation) {
        // A node that finds a torn end beside other damage may be unable to tell what it
        // acknowledged, and not start.
        guard happens(faults.rot), !hosts[host].isTorn else { return }
        if mayDamage(host) {
            if damage(host), happens(300) { try rotAnother() }
        } else if let first = onlyDamagedDisk(besides: host) {
            damage(host, sparing: first)
        }
    }

    /// Ends another process too, so that its disk is damaged before the first one can heal.
    private func rotAnother() throws(Violation) {
        let host = draw(hosts.count)
        guard hosts[host].isUp, let first = onlyDamagedDisk(besides: host), first.entries != nil
        else {
            return
        }
        try crash(host, powerLoss: false)
        restart(host)
        if !hosts[host].isTorn { damage(host, sparing: first) }
    }

    /// Flips a bit on a host's disk, or loses a snapshot of it as a whole.
    ///
    /// - Returns: Whether there was something to damage.
    @discardableResult
    public func damage(_ host: Int) -> Bool {
        let names = files(of: host)
        guard !names.isEmpty else { return false }
        // Several entries of one disk, now and then; the others are good.
        var damages: [Damage] = []
        let tries = happens(300) ? 2 + draw(3) : 1
        for _ in 0..<tries {
            let name = names[draw(names.count)]
            if let damage = damage(host, name, isNewest: name == names.last { $0.isJournal }) {
                damages.append(damage)
            }
        }
        guard !damages.isEmpty else { return false }
        var entries: Set<LogIndex>? = []
        for damage in damages {
            guard case .entry(let index) = damage else {
                entries = nil
                break
            }
            entries?.insert(index)
        }
        if let entries, entries.count > 1 { counts[.severalEntries] += 1 }
        noteDamage(host, entries)
        return true
    }

    /// What one damage hit.
    private enum Damage {
        case entry(LogIndex)
        case other
    }

    private func noteDamage(_ host: Int, _ entries: Set<LogIndex>?) {
        hosts[host].isRotten = true
        hosts[host].diskDamage = .init(
            healsWith: invariants.lastApplied,
            identity: hosts[host].identity,
            entries: entries
        )
        hosts[host].isMarred = true
    }

    private func files(of host: Int) -> [String] {
        let disk = hosts[host].disk
        do throws(FileError) {
            guard try disk.exists(dataDirectory) else { return [] }
            return try disk.list(dataDirectory).sorted().filter { $0.hasSuffix(".jsonl") }
        } catch { return [] }
    }

    private func damage(_ host: Int, _ name: String, isNewest: Bool) -> Damage? {
        let disk = hosts[host].disk
        let path = FilePath.join(dataDirectory, name)
        guard name.isJournal else { return damageSnapshot(host, path) }
        let batches = BatchPlaces(disk.contents(of: path) ?? [])
        guard let decaying = batches.decaying(isNewest: isNewest) else { return nil }
        let (heads, last) = (batches.heads(in: decaying), batches.last(in: decaying))
        let range: Range<Int>
        switch draw(6) {
        case 0: range = heads[draw(heads.count)]
        case 1: range = last ?? decaying
        default: range = decaying
        }
        let bit = range.lowerBound * 8 + draw(range.count * 8)
        if isNewest, batches.vouchedHead?.contains(bit / 8) == true { return nil }
        disk.flip(bit: bit, of: path)
        counts[.flippedBits] += 1
        if heads.contains(where: { $0.contains(bit / 8) }) { counts[.flippedHeads] += 1 }
        if last?.contains(bit / 8) == true { counts[.flippedLastBatches] += 1 }
        return batches.entry(flipping: bit).flatMap { isPart(host, $0) ? .entry($0.index) : nil }
            ?? .other
    }

    private func damageSnapshot(_ host: Int, _ path: String) -> Damage? {
        let disk = hosts[host].disk
        if happens(500) {
            do throws(FileError) { try disk.remove(path) } catch { return nil }
            counts[.lostSnapshots] += 1
            return .other
        }
        guard let bytes = disk.contents(of: path), !bytes.isEmpty else { return nil }
        disk.flip(bit: draw(bytes.count * 8), of: path)
        counts[.flippedBits] += 1
        return .other
    }

    /// Whether an entry is one of those that a host's log holds now.
    private func isPart(_ host: Int, _ position: LogPosition) -> Bool {
        let (log, index) = (hosts[host].durable?.log ?? [], Int(position.index.value) - 1)
        return log.indices.contains(index) && log[index].term == position.term
    }

    /// Damages entries of a second disk that are good on the first one.
    private func damage(_ host: Int, sparing first: DiskDamage) {
        let names = files(of: host).filter(\.isJournal)
        guard !names.isEmpty else { return }
        let disk = hosts[host].disk
        var entries: Set<LogIndex> = []
        for _ in 0..<1 + draw(3) {
            let name = names[draw(names.count)]
            let path = FilePath.join(dataDirectory, name)
            let batches = BatchPlaces(disk.contents(of: path) ?? [])
            guard let decaying = batches.decaying(isNewest: name == names.last) else { continue }
            let bit = decaying.lowerBound * 8 + draw(decaying.count * 8)
            guard let position = batches.entry(flipping: bit), isPart(host, position),
                first.spares(position.index)
            else { continue }
            disk.flip(bit: bit, of: path)
            counts[.flippedBits] += 1
            entries.insert(position.index)
        }
        guard !entries.isEmpty else { return }
        counts[.secondDisks] += 1
        noteDamage(host, entries)
    }

    /// Notes that a host's disk holds again what it lost.
    func noteHealed(_ host: Int) {
        guard let damage = hosts[host].diskDamage else { return }
        guard let node = hosts[host].node,
            node.core.state.lost == nil, node.core.durableIndex >= damage.healsWith,
            node.state.applied.index >= damage.healsWith
        else { return }
        if damage.isLoss {
            let membership = invariants.membership
            guard membership.outgoing.isEmpty, membership.isVoter(node.identity) else { return }
        }
        hosts[host].diskDamage = nil
        hosts[host].isMarred = false
        counts[.healed] += 1
    }
}

extension String {
    fileprivate var isJournal: Bool { hasPrefix("journal-") }
}
