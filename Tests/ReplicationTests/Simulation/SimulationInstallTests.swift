import Replication
import Storage
import TestSupport
import Testing

/// Nodes that lack what the others have compacted, step by step.
@Suite struct SimulationInstallTests {
    /// A cluster that compacts all the time, and what its nodes say.
    private final class Script {
        let cluster: ScriptedCluster
        let simulation: Simulation<Register>
        private(set) var logged: [String] = []
        private var count = 0

        init(
            seed: UInt64,
            _ adjust: @escaping @Sendable (inout NodeConfiguration) -> Void = { _ in }
        ) throws {
            var configuration = SimulationConfiguration.snapshotting(seed: seed)
            let base = configuration.adjust
            configuration.adjust = { node in
                base(&node)
                adjust(&node)
            }
            cluster = try ScriptedCluster(configuration)
            simulation = cluster.simulation
            simulation.onLog = { [unowned self] host, _, text in
                logged.append("\(host): \(text)")
            }
        }

        func said(_ text: String, by host: Int) -> Int {
            logged.count { $0.hasPrefix("\(host): ") && $0.contains(text) }
        }

        func append(_ number: Int) throws {
            for _ in 0..<number {
                count += 1
                _ = try cluster.appended("v\(count)", at: cluster.leader)
                // Snapshots take their time.
                if count % 20 == 0 { try cluster.wait(.milliseconds(250)) }
            }
        }

        /// All nodes agree on everything.
        func converge() throws {
            try cluster.reach("agreement") { $0.isConverged }
            let state = simulation.state(of: 0)
            #expect(simulation.state(of: 1) == state && simulation.state(of: 2) == state)
            #expect(state?.machine.values == (1...count).map { "v\($0)" })
        }

        func files(of host: Int, _ prefix: String) throws -> [String] {
            try simulation.disk(of: host).list("data").sorted().filter {
                $0.hasPrefix(prefix) && $0.hasSuffix(".jsonl")
            }
        }

        /// Changes a byte in the middle of one batch of a journal.
        func rot(_ host: Int, batch choose: ([Int]) -> Int) throws {
            let path = "data/" + (try #require(files(of: host, "journal-").last))
            let bytes = try #require(simulation.disk(of: host).contents(of: path))
            let prefix = Array("\n{\"batch\":".utf8)
            let places = bytes.indices.filter { bytes[$0...].starts(with: prefix) }
            simulation.disk(of: host).flip(bit: (choose(places) + 120) * 8, of: path)
        }
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    @Aside func `a node that was away comes back by a snapshot, and nobody is elected`(
        seed: UInt64
    ) throws {
        let script = try Script(seed: seed)
        let (away, leader) = (script.cluster.followers[0], script.cluster.leader)
        try script.append(5)
        try script.simulation.crash(away, powerLoss: true)
        try script.append(60)
        let elections = script.simulation.counts[.elections]
        try script.simulation.start(away)
        try script.append(20)
        try script.converge()
        #expect(script.said("installed a snapshot", by: away) >= 1)
        #expect(script.simulation.counts[.elections] == elections)
        #expect(script.cluster.leader == leader)
        // Nothing is left of the transfer, and it starts from what it got.
        try script.append(30)
        try script.cluster.wait(.seconds(2))
        for host in 0..<3 { #expect(try script.files(of: host, "snapshot-").count == 1) }
        let names = try script.simulation.disk(of: away).list("data")
        #expect(!names.contains { $0.hasSuffix(".incoming") || $0.hasSuffix(".partial") })
        try script.simulation.crash(away, powerLoss: true)
        try script.simulation.start(away)
        try script.converge()
    }

    @Test @Aside func `pitfall 34: a snapshot carries members with their index, keys and events`()
        throws
    {
        let script = try Script(seed: 7)
        let away = script.cluster.followers[0]
        try script.simulation.crash(away, powerLoss: false)
        script.simulation.replaceDisk(of: away, try Self.bareDisk(of: away, script))
        try script.append(60)
        try script.simulation.start(away)
        try script.converge()
        #expect(script.simulation.counts[.installs] == 1)
        // It knows the others from the snapshot alone, and the keys: it can lead, and repeats
        // nothing.
        try script.simulation.crash(script.cluster.leader, powerLoss: true)
        try script.cluster.reach("a leader") { $0.leader != nil }
        let reply = try script.cluster.appended("v1", at: away)
        guard case .output(_, let output, _, let isRepeated) = reply else {
            Issue.record("\(reply)")
            return
        }
        #expect(isRepeated && output == Array("1".utf8))
    }

    /// The disk of a host as it was when it had joined, without any entry.
    private static func bareDisk(of host: Int, _ script: Script) throws -> MemoryFileSystem {
        let disk = MemoryFileSystem()
        let old = script.simulation.disk(of: host)
        let (journal, recovered) = try Journal.open(
            directory: "data",
            id: "n\(host + 1)",
            fileSystem: old,
            configuration: JournalConfiguration(reserveBytes: 512),
            makeIncarnation: { "00000000000000aa" }
        )
        journal.close()
        let (fresh, _) = try Journal.open(
            directory: "data",
            id: "n\(host + 1)",
            fileSystem: disk,
            configuration: JournalConfiguration(reserveBytes: 512),
            makeIncarnation: { recovered.identity.node.incarnation }
        )
        if let cluster = recovered.identity.cluster { try fresh.adopt(cluster: cluster) }
        // It had voted in every term so far, as far as anybody knows.
        try fresh.append([.vote(recovered.vote)])
        fresh.close()
        return disk
    }

    @Test @Aside func `pitfall 33: what is being sent stays, and the log behind it`() throws {
        let script = try Script(seed: 9)
        let (away, leader) = (script.cluster.followers[0], script.cluster.leader)
        script.cluster.isolate(away)
        try script.append(60)
        script.cluster.rejoin()
        try script.cluster.reach("a transfer") { _ in
            script.said("it is sent a snapshot", by: leader) > 0
        }
        let sent = try #require(try script.files(of: leader, "snapshot-").last)
        script.simulation.pause(away, for: .seconds(6))
        try script.append(80)
        #expect(try script.files(of: leader, "snapshot-").contains(sent))
        #expect(try script.files(of: leader, "snapshot-").last != sent)
        #expect(script.simulation.counts[.installs] == 0)
        try script.cluster.wait(.seconds(6))
        try script.converge()
        #expect(script.simulation.counts[.installs] == 1)
        try script.append(40)
        try script.cluster.wait(.seconds(1))
        #expect(try script.files(of: leader, "snapshot-").contains(sent) == false)
    }

    @Test @Aside func `streams of a node that gets a snapshot go on, or begin anew`() throws {
        for window in [20, 1_000] as [UInt64] {
            let script = try Script(seed: 11) { $0.limits.events = window }
            let away = script.cluster.followers[0]
            try script.append(3)
            let stream = try script.simulation.openStream(at: away)
            try script.append(2)
            try script.cluster.reach("two events") { _ in
                script.cluster.items[stream]?.count == 3
            }
            script.cluster.isolate(away)
            try script.append(60)
            script.cluster.rejoin()
            try script.converge()
            try script.append(2)
            try script.converge()
            #expect(script.simulation.counts[.installs] == 1)
            var values: [String] = []
            var resets = 0
            for item in script.cluster.items[stream] ?? [] {
                switch item {
                case .event(_, let event): values.append(try String(lineBytes: event.data))
                case .reset: resets += 1
                case .mark: break
                }
            }
            if window == 1_000 {
                #expect(resets == 0)
                // The third may have been applied here only after the stream had begun.
                let all = (4...67).map { "v\($0)" }
                #expect(values == all || values == ["v3"] + all, "\(values)")
            } else {
                #expect(resets == 1 && values.last == "v67")
                #expect(Set(values).count == values.count)
            }
        }
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    @Aside func `two of three disks rot at different entries, and heal from the third`(
        seed: UInt64
    ) throws {
        let script = try Script(seed: seed)
        try script.append(90)
        try script.converge()
        let (first, second) = (script.cluster.followers[0], script.cluster.followers[1])
        try script.simulation.crash(first, powerLoss: true)
        try script.simulation.crash(second, powerLoss: true)
        try script.rot(first) { $0[0] }
        try script.rot(second) { $0[$0.count / 2] }
        if seed % 2 == 0 {
            // One of them loses its snapshot on top of it.
            let name = try #require(try script.files(of: second, "snapshot-").last)
            try script.simulation.disk(of: second).remove("data/" + name)
        }
        try script.simulation.start(first)
        try script.simulation.start(second)
        try script.converge()
        try script.append(10)
        try script.converge()
        if seed % 2 == 0 { #expect(script.simulation.counts[.installs] >= 1) }
    }

    @Test(arguments: [false, true])
    @Aside func `a node whose snapshot is damaged or gone gets the leader's`(isGone: Bool) throws {
        let script = try Script(seed: 13)
        try script.append(60)
        try script.converge()
        let host = script.cluster.followers[1]
        try script.simulation.crash(host, powerLoss: true)
        let path = "data/" + (try #require(try script.files(of: host, "snapshot-").last))
        let disk = script.simulation.disk(of: host)
        if isGone { try disk.remove(path) } else { disk.flip(bit: 3_000, of: path) }
        try script.simulation.start(host)
        try script.converge()
        #expect(script.simulation.counts[.installs] == 1)
    }

    /// What the member lacks is in the file that the leader writes, which can't go.
    @Test(arguments: [false, true])
    @Aside func `a leader that can't read what a member lacks sends a snapshot, and only one`(
        isUnreadable: Bool
    ) throws {
        let script = try Script(seed: 17) { node in
            node.snapshots.entries = 1_000
            node.cacheBytes = 500
        }
        let (away, leader) = (script.cluster.followers[0], script.cluster.leader)
        try script.append(3)
        try script.simulation.crash(away, powerLoss: true)
        try script.append(18)
        let path = "data/" + (try #require(try script.files(of: leader, "journal-").last))
        let disk = script.simulation.disk(of: leader)
        let bytes = try #require(disk.contents(of: path))
        let line = Array("v15".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: line) })
        if isUnreadable {
            disk.spoil(place..<place + 1, of: path)
        } else {
            disk.flip(bit: place * 8 + 9, of: path)
        }
        try script.simulation.start(away)
        try script.converge()
        try script.cluster.wait(.seconds(2))
        #expect(script.said(": snapshot of entry", by: leader) == 1)
        #expect(script.simulation.counts[.installs] == 1)
    }

    @Test @Aside func `a leader whose snapshot rots writes another and sends that`() throws {
        let script = try Script(seed: 15)
        let (away, leader) = (script.cluster.followers[0], script.cluster.leader)
        try script.simulation.crash(away, powerLoss: true)
        try script.append(60)
        try script.cluster.wait(.seconds(1))
        let path = "data/" + (try #require(try script.files(of: leader, "snapshot-").last))
        script.simulation.disk(of: leader).flip(bit: 3_000, of: path)
        try script.simulation.start(away)
        try script.converge()
        #expect(script.said("got a damaged snapshot", by: leader) == 1)
        #expect(script.simulation.counts[.installs] == 1)
    }
}
