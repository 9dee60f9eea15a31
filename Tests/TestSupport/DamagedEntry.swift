package import Replication
import Storage

/// Disks with a damaged entry in the middle of their logs, and a node that is lost for good.
package enum DamagedEntry {
    /// Flips a bit of each line of a host's journal that holds one of these texts.
    package static func flip(
        _ texts: [String],
        on host: Int,
        _ simulation: Simulation<Register>
    ) throws(Violation) {
        let disk = simulation.disk(of: host)
        let names: [String]
        do throws(FileError) { names = try disk.list("data") } catch { names = [] }
        var flips = 0
        for name in names where name.hasPrefix("journal-") {
            let bytes = disk.contents(of: "data/" + name) ?? []
            for text in texts {
                let pattern = Array(text.utf8)
                for offset in bytes.indices where bytes[offset...].starts(with: pattern) {
                    disk.flip(bit: (offset + 1) * 8, of: "data/" + name)
                    flips += 1
                }
            }
        }
        guard flips >= texts.count else {
            throw Violation(
                promise: .convergence,
                detail: "\(flips) of \(texts) are on the disk of host \(host)",
                seed: simulation.configuration.seed
            )
        }
    }

    /// A follower misses what the other two commit; one of those is lost for good, the other one's
    /// disk is damaged before the point that the follower has.
    ///
    /// - Returns: The cluster, with the host that is damaged and the one that is behind.
    package static func begin(
        seed: UInt64
    ) throws(Violation) -> (cluster: ScriptedCluster, damaged: Int, behind: Int, gone: Int) {
        let cluster = try ScriptedCluster(seed: seed)
        let simulation = cluster.simulation
        let (gone, damaged, behind) = (cluster.leader, cluster.followers[0], cluster.followers[1])
        for value in 1...5 { _ = try cluster.appended("first\(value)", at: gone) }
        // What is applied need not be durable yet.
        try cluster.reach("one log on each disk") { simulation in
            simulation.isConverged
                && (0..<3).allSatisfy { simulation.durable(of: $0) == simulation.applied(of: $0) }
        }
        try simulation.crash(behind, powerLoss: true)
        for value in 1...5 { _ = try cluster.appended("second\(value)", at: gone) }
        try cluster.reach("two logs that are the same") {
            $0.durable(of: damaged) == $0.durable(of: gone)
        }
        // Empty batches vouch for the last ones.
        try cluster.wait(.seconds(2))
        for host in [gone, damaged] { try simulation.crash(host, powerLoss: true) }
        return (cluster, damaged, behind, gone)
    }

    /// What is missing in one log is in the other: together they hold all, and lose nothing.
    package static func play(seed: UInt64) throws(Violation) {
        let (cluster, damaged, behind, _) = try begin(seed: seed)
        let simulation = cluster.simulation
        try flip(["first3"], on: damaged, simulation)
        if seed % 2 == 0 { try flip(["first5"], on: behind, simulation) }
        try simulation.start(damaged)
        try simulation.start(behind)
        try cluster.reach("a leader of two") { simulation in
            [damaged, behind].contains { simulation.role(of: $0) == .leader }
        }
        _ = try cluster.appended("third", at: damaged)
        let all =
            (1...5).map { "first\($0)" } + (1...5).map { "second\($0)" } + ["third"]
        try cluster.reach("all that was acknowledged") { simulation in
            [damaged, behind].allSatisfy { simulation.machine(of: $0)?.values == all }
        }
    }

    /// What is missing in one log was never in the other: the hole cannot be filled, and the one that
    /// is behind must not lead with the vote of the one that is damaged.
    ///
    /// - Throws: ``Violation``, of the promise `acknowledgedIsKept` if one of the two leads.
    package static func playUnfillable(seed: UInt64) throws(Violation) {
        let (cluster, damaged, behind, gone) = try begin(seed: seed)
        let simulation = cluster.simulation
        // The first one that the other has not: up to there the two logs are alike.
        try flip(["second1"], on: damaged, simulation)
        for host in [damaged, behind] { try simulation.start(host) }
        let isLed = try simulation.run(for: .seconds(5)) {
            [damaged, behind].contains { simulation.role(of: $0) == .leader }
        }
        guard !isLed else {
            throw Violation(
                promise: .acknowledgedIsKept,
                detail: "a node leads by the vote of one that has forgotten what it acknowledged",
                seed: seed
            )
        }
        try simulation.start(gone)
        let all = (1...5).map { "first\($0)" } + (1...5).map { "second\($0)" }
        try cluster.reach("all that was acknowledged") { simulation in
            (0..<3).allSatisfy { simulation.machine(of: $0)?.values == all }
        }
    }

    /// A truncation and the entry behind it can't be read: what stands behind them does not follow
    /// what stands before them.
    package static func playTruncated(seed: UInt64) throws(Violation) {
        let cluster = try ScriptedCluster(seed: seed)
        let simulation = cluster.simulation
        let old = cluster.leader
        for value in 1...3 { _ = try cluster.appended("both\(value)", at: old) }
        try cluster.reach("one log") { $0.isConverged }
        cluster.isolate(old)
        for value in 1...3 { _ = try cluster.append("old\(value)", at: old) }
        try cluster.reach("another leader") { simulation in
            cluster.followers(than: old).contains { simulation.role(of: $0) == .leader }
        }
        cluster.rejoin()
        try cluster.reach("one log") { $0.isConverged }
        for value in 1...3 { _ = try cluster.appended("new\(value)", at: cluster.leader) }
        try cluster.reach("one log") { $0.isConverged }
        try cluster.wait(.seconds(2))
        for host in 0..<3 { try simulation.crash(host, powerLoss: true) }
        try flip(["{\"truncate\":", "\"noop\":true,\"crc\""], on: old, simulation)
        try simulation.start(old)
        try cluster.wait(.seconds(5))
        for host in 0..<3 where host != old { try simulation.start(host) }
        try cluster.reach("one log") { $0.isConverged }
    }
}

extension ScriptedCluster {
    fileprivate func followers(than host: Int) -> [Int] {
        (0..<simulation.configuration.nodes).filter { $0 != host }
    }
}
