import Storage

/// Disks that stall, fail, run full or are lost; for what rots see `damage`.
extension Simulation {
    func stallSomeDisk() {
        hosts[draw(hosts.count)].stall = draw(200_000_000...2_000_000_000)
    }

    /// Lets the next sync of a host's disk take this long.
    public func stallDisk(of host: Int, for duration: Duration) { hosts[host].stall = duration }

    func failSomeDisk() {
        let host = draw(hosts.count)
        guard hosts[host].isUp else { return }
        let kinds: [FileCall.Kind] = [
            .synchronize, .synchronize, .write, .write, .read, .create, .rename, .syncDirectory,
        ]
        hosts[host].disk.fail(kinds[draw(kinds.count)], after: draw(3))
    }

    func fillSomeDisk() {
        let host = draw(hosts.count)
        let disk = hosts[host].disk
        disk.setCapacity(disk.usedBytes + draw(3_000))
        after(draw(300_000_000...3_000_000_000)) { disk.setCapacity(nil) }
    }

    /// Loses the disk of a host: it starts again with an empty one, under the same name.
    ///
    /// - Throws: ``Violation``.
    package func loseDisk(of host: Int) throws(Violation) {
        counts[.lostDisks] += 1
        try stop(host, powerLoss: true)
        hosts[host].disk = MemoryFileSystem()
        hosts[host].joins = true
        hosts[host].hadLoss = true
        // Who votes is replaced by one that is to vote.
        if let old = hosts[host].identity, invariants.membership.isVoter(old) {
            hosts[host].joinsAsLearner = false
        }
        hosts[host].diskDamage = .init(
            healsWith: invariants.lastApplied,
            identity: hosts[host].identity,
            isLoss: true
        )
        restart(host)
    }

    func loseSomeDisk() throws(Violation) {
        let host = draw(hosts.count)
        guard !hosts[host].hadLoss, mayDamage(host),
            hosts[host].identity.map(invariants.isMember) ?? false
        else { return }
        try loseDisk(of: host)
    }

    /// Whether the budget allows to destroy something on a disk: all others are good, and what is
    /// committed is on at least two.
    func mayDamage(_ host: Int) -> Bool {
        forgetDamageOfOthers()
        return isWide && !hosts.contains { $0.diskDamage != nil }
    }

    /// The damage of the only other disk that is not good, if this one is, and may be damaged too.
    ///
    /// Not where logs are compacted: what one disk lacks the other one may have in a snapshot alone,
    /// and no node gives a snapshot but one that leads.
    func onlyDamagedDisk(besides host: Int) -> DiskDamage? {
        forgetDamageOfOthers()
        let damages = hosts.compactMap(\.diskDamage)
        guard isWide, !isCompacting, damages.count == 1, hosts[host].diskDamage == nil,
            hosts[host].identity.map(invariants.isMember) ?? false
        else { return nil }
        return damages.first
    }

    /// Whether logs are compacted within a run.
    private var isCompacting: Bool {
        var node = NodeConfiguration(
            peerAddress: "",
            clientAddress: "",
            plan: FormationPlan(addresses: [], expect: nil),
            seed: 0
        )
        configuration.adjust(&node)
        return node.snapshots.entries < 1_000 || hosts.contains { $0.logBefore > .zero }
    }

    /// What is no member any more need not heal.
    private func forgetDamageOfOthers() {
        for host in hosts where !(host.diskDamage?.identity.map(invariants.isMember) ?? true) {
            host.diskDamage = nil
        }
    }

    /// Whether what is committed is on at least two disks.
    private var isWide: Bool {
        // Before a cluster is formed its first entry may be on one disk alone.
        guard invariants.lastApplied > LogIndex(3) else { return false }
        let membership = invariants.membership
        return membership.incoming.count { $0.role == .voter } > 2
            && (membership.outgoing.isEmpty
                || membership.outgoing.count { $0.role == .voter } > 2)
    }

    /// Lets a bit be read wrong, once, in what a host reads when it starts.
    func misread(_ host: Int) {
        guard happens(faults.misread) else { return }
        let disk = hosts[host].disk
        let directory = dataDirectory
        let names: [String]
        do throws(FileError) {
            guard try disk.exists(directory) else { return }
            names = try disk.list(directory).filter { $0.hasSuffix(".jsonl") }
        } catch { return }
        guard !names.isEmpty else { return }
        let path = FilePath.join(directory, names[draw(names.count)])
        guard let bytes = disk.contents(of: path), !bytes.isEmpty else { return }
        disk.misread(bit: draw(bytes.count * 8), of: path)
    }
}
