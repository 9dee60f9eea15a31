import Replication
import Storage
import TestSupport
import Testing

/// Whole scenarios, message by message: the files in `Golden` are to be read.
@Suite struct TranscriptTests {
    @Test @Aside func election() throws {
        let script = try Transcript(
            "The leader loses its power; another one is elected, and it returns"
        )
        let leader = script.cluster.leader
        try script.step("\(script.name(leader)), which leads, loses its power") {
            try script.simulation.crash(leader, powerLoss: true)
            try script.cluster.change(from: leader)
        }
        try script.step("a client writes 'a'") {
            let reply = try script.cluster.appended("a", at: script.cluster.leader)
            script.client("append a", reply)
        }
        try script.step("\(script.name(leader)) starts again") {
            try script.simulation.start(leader)
            try script.cluster.reach("one log") { $0.isConverged }
        }
        try KeptTranscript.check("election", script)
    }

    @Test @Aside func logConflict() throws {
        let script = try Transcript(
            "A leader that is cut off logs what is never committed, and drops it"
        )
        let leader = script.cluster.leader
        try script.step("\(script.name(leader)), which leads, is cut off, and takes 'lost'") {
            script.cluster.isolate(leader)
            _ = try script.cluster.append("lost", at: leader)
            try script.cluster.reach("another leader") { simulation in
                script.cluster.followersOf(leader).contains { simulation.role(of: $0) == .leader }
            }
        }
        let next = try #require(
            script.cluster.followersOf(leader).first { script.simulation.role(of: $0) == .leader }
        )
        try script.step("a client writes 'kept' at \(script.name(next))") {
            script.client("append kept", try script.cluster.appended("kept", at: next))
        }
        try script.step("the network is whole again") {
            script.cluster.rejoin()
            try script.cluster.reach("one log") { $0.isConverged }
        }
        #expect(script.simulation.machine(of: leader)?.values.first == "kept")
        try KeptTranscript.check("log-conflict", script)
    }

    @Test @Aside func linearizableRead() throws {
        let script = try Transcript(
            "A follower answers a read: from the leader's index on, or at once"
        )
        let follower = script.cluster.followers[0]
        try script.step("a client writes 'a' at the leader") {
            let reply = try script.cluster.appended("a", at: script.cluster.leader)
            script.client("append a", reply)
        }
        try script.step("a client reads at \(script.name(follower))") {
            script.client("read", try script.cluster.read(at: follower))
        }
        try script.step("another one takes what \(script.name(follower)) has") {
            script.client("stale read", try script.cluster.read(.stale, at: follower))
        }
        try KeptTranscript.check("linearizable-read", script)
    }

    @Test @Aside func tornEnd() throws {
        let script = try Transcript(
            "A follower loses its power in the middle of a write",
            diesByPowerLoss: true
        )
        let follower = script.cluster.followers[0]
        try script.step("the next write of \(script.name(follower)) is torn, and its power goes") {
            script.simulation.disk(of: follower).crash(afterCalls: 0, .during)
            script.client(
                "append a",
                try script.cluster.appended("a", at: script.cluster.leader)
            )
            try script.cluster.reach("a power cut") { !$0.isUp(follower) }
        }
        try script.step("\(script.name(follower)) starts again") {
            if !script.simulation.isUp(follower) { try script.simulation.start(follower) }
            script.note(
                "\(script.name(follower))  log ends at \(script.simulation.last(of: follower))"
            )
            try script.cluster.reach("one log") { $0.isConverged }
        }
        try KeptTranscript.check("torn-end", script)
    }

    @Test @Aside func snapshotInstall() throws {
        let script = try Transcript(
            "A follower was away for so long that its entries are compacted",
            isSnapshotting: true
        )
        let follower = script.cluster.followers[0]
        try script.step("\(script.name(follower)) is down while 30 entries are written") {
            try script.simulation.crash(follower, powerLoss: false)
            let (hear, log) = (script.simulation.onSend, script.simulation.onLog)
            (script.simulation.onSend, script.simulation.onLog) = (nil, nil)
            for value in 1...30 {
                _ = try script.cluster.appended("v\(value)", at: script.cluster.leader)
            }
            try script.cluster.wait(.seconds(1))
            (script.simulation.onSend, script.simulation.onLog) = (hear, log)
        }
        try script.step("\(script.name(follower)) starts again") {
            try script.simulation.start(follower)
            try script.cluster.reach("one log") { $0.isConverged }
        }
        try KeptTranscript.check("snapshot-install", script)
    }

    @Test @Aside func lostDisk() throws {
        let script = try Transcript("A disk is lost; an empty one takes its place by itself")
        let follower = script.cluster.followers[0]
        try script.step(
            "the disk of \(script.name(follower)) is lost, and it starts with an empty one"
        ) {
            try script.simulation.loseDisk(of: follower)
            try script.cluster.reach("a voter in its place") { simulation in
                guard let status = simulation.status(of: script.cluster.leader),
                    let identity = simulation.identity(of: follower)
                else { return false }
                return status.nodes.contains {
                    $0.member.identity == identity && $0.member.role == .voter
                } && !status.isChanging && simulation.isConverged
            }
        }
        try KeptTranscript.check("lost-disk", script)
    }

    @Test @Aside func fullDisk() throws {
        let script = try Transcript("The disk of a follower is full for a while; the others go on")
        let follower = script.cluster.followers[0]
        let disk = script.simulation.disk(of: follower)
        try script.step("the disk of \(script.name(follower)) has no room") {
            disk.setCapacity(disk.usedBytes)
            for value in 1...4 {
                let text = String(repeating: "x", count: 1_500) + "\(value)"
                let leader = script.cluster.leader
                let reply = try script.cluster.appended(text, key: "k\(value)", at: leader)
                script.client("append of 1,500 bytes", reply)
            }
            try script.cluster.wait(.milliseconds(300))
        }
        try script.step("there is room again") {
            disk.setCapacity(nil)
            try script.cluster.reach("one log") { $0.isConverged }
        }
        try KeptTranscript.check("full-disk", script)
    }

    @Test @Aside func membershipChange() throws {
        let script = try Transcript("A new node becomes a voter, and another one is removed") {
            node in
            let founders = (1...3).map { "n\($0):7401" }
            let isFounder = founders.contains(node.peerAddress)
            node.plan = FormationPlan(addresses: founders, expect: isFounder ? 3 : nil)
        }
        func isVoter(_ host: Int) -> Bool {
            guard let status = script.simulation.status(of: script.cluster.leader),
                let identity = script.simulation.identity(of: host), !status.isChanging
            else { return false }
            return status.nodes.contains {
                $0.member.identity == identity && $0.member.role == .voter
            }
        }
        try script.step("n4 starts with an empty disk and the others' addresses") {
            let host = try script.simulation.addHost()
            try script.cluster.reach("a fourth voter") { _ in isVoter(host) }
        }
        let gone = script.cluster.followers[0]
        try script.step("an operator removes \(script.name(gone))") {
            let identity = try #require(script.simulation.identity(of: gone))
            try script.simulation.order(.change(.remove(identity)), at: script.cluster.leader)
            try script.cluster.reach("the word") { $0.status(of: gone)?.isRemoved == true }
        }
        try KeptTranscript.check("membership-change", script)
    }

    @Test @Aside func leadershipTransfer() throws {
        let script = try Transcript("An operator moves the lead; no request fails meanwhile")
        let target = script.cluster.followers[0]
        try script.step("the lead is to go to \(script.name(target)), and a client writes 'a'") {
            let identity = try #require(script.simulation.identity(of: target))
            let old = script.cluster.leader
            try script.simulation.order(.transfer(to: identity), at: old)
            script.client("append a", try script.cluster.appended("a", at: old))
        }
        #expect(script.cluster.leader == target)
        try KeptTranscript.check("leadership-transfer", script)
    }

    @Test @Aside func streamFailover() throws {
        let script = try Transcript(
            "A stream goes on at another node, without gap and without doubles"
        )
        let (first, second) = (script.cluster.followers[0], script.cluster.followers[1])
        var seen: [EventID] = []
        func show(_ ticket: Ticket) {
            for case .event(let id, let event) in script.cluster.items[ticket] ?? [] {
                let data = String(decoding: event.data, as: UTF8.self)
                script.note("stream  event \(id.index).\(id.number): \(event.name) \(data)")
                seen.append(id)
            }
        }
        try script.step("a client follows at \(script.name(first)); another one writes 'a' and 'b'")
        {
            let stream = try script.simulation.openStream(at: first)
            for value in ["a", "b"] {
                let reply = try script.cluster.appended(value, at: script.cluster.leader)
                script.client("append \(value)", reply)
            }
            try script.cluster.wait(.milliseconds(200))
            show(stream)
        }
        try script.step("\(script.name(first)) is killed, 'c' is written") {
            try script.simulation.crash(first, powerLoss: false)
            let reply = try script.cluster.appended("c", at: script.cluster.leader)
            script.client("append c", reply)
        }
        try script.step(
            "the client goes on at \(script.name(second)) behind the last event that it saw"
        ) {
            let stream = try script.simulation.openStream(after: seen.last, at: second)
            try script.cluster.wait(.milliseconds(200))
            show(stream)
        }
        #expect(seen.count == 3 && Set(seen).count == 3)
        try KeptTranscript.check("stream-failover", script)
    }

    @Test @Aside func retry() throws {
        let script = try Transcript(
            "A client that lost its answer asks another node, under the same key"
        )
        let leader = script.cluster.leader
        try script.step("a client writes 'a' at \(script.name(leader)), which dies with the answer")
        {
            let ticket = try script.cluster.append("a", key: "k", at: leader)
            try script.cluster.reach("a commit") { simulation in
                script.cluster.followersOf(leader).contains { host in
                    simulation.machine(of: host)?.values == ["a"]
                }
            }
            #expect(script.cluster.replies[ticket] != nil)
            try script.simulation.crash(leader, powerLoss: true)
            try script.cluster.change(from: leader)
        }
        try script.step("the client has no answer, and asks another node") {
            let reply = try script.cluster.appended("a", key: "k", at: script.cluster.leader)
            script.client("append a", reply)
        }
        try KeptTranscript.check("retry", script)
    }

    @Test @Aside func damagedEntry() throws {
        let script = try Transcript(
            "A bit of an entry flips on the disk of a follower that is down"
        )
        let follower = script.cluster.followers[0]
        for value in 1...4 {
            _ = try script.cluster.appended("first\(value)", at: script.cluster.leader)
        }
        try script.cluster.wait(.seconds(2))
        try script.step("\(script.name(follower)) goes down, and its disk loses an entry") {
            try script.simulation.crash(follower, powerLoss: true)
            try DamagedEntry.flip(["first2"], on: follower, script.simulation)
        }
        try script.step("\(script.name(follower)) starts again") {
            try script.simulation.start(follower)
            try script.cluster.reach("one log") { $0.isConverged }
        }
        try KeptTranscript.check("damaged-entry", script)
    }
}

extension ScriptedCluster {
    fileprivate func followersOf(_ host: Int) -> [Int] {
        (0..<simulation.configuration.nodes).filter { $0 != host }
    }
}
