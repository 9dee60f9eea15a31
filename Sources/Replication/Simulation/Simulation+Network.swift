import Storage

/// Connections and messages between hosts, and what goes wrong with them.
extension Simulation {
    private func host(at address: String) -> Int? { hosts.firstIndex { $0.address == address } }

    private var delay: Duration { draw(50_000...500_000) }

    func setDials(_ dials: [Dial], _ host: Int) {
        hosts[host].dials = dials
        // In order: each end draws from the seed.
        for (address, link) in hosts[host].links.sorted(by: { $0.key < $1.key })
        where !dials.contains(where: { $0 == link.dial }) {
            endLink(host, address)
        }
        for dial in dials where hosts[host].links[dial.address] == nil {
            self.dial(host, dial.address)
        }
    }

    /// Dials, and tries again later if it fails.
    func dial(_ host: Int, _ address: String) {
        guard let dial = hosts[host].dials.first(where: { $0.address == address }),
            hosts[host].links[address] == nil
        else { return }
        guard let other = self.host(at: address), other != host, hosts[other].isUp,
            network.canReach(host, other)
        else {
            planDial(host, address)
            return
        }
        lastLink += 1
        let id = LinkID(lastLink)
        let arrival = now + delay
        hosts[host].links[address] = SimulatedLink(id: id, dial: dial, lastArrival: arrival)
        transmit(
            SimulatedPacket(from: host, to: other, content: .hello(id, dial.hello)),
            after: arrival - now
        )
        queue.plan(
            .handshakeLate(host: host, generation: hosts[host].generation, id),
            at: now + .milliseconds(500)
        )
    }

    private func planDial(_ host: Int, _ address: String) {
        queue.plan(
            .dial(host: host, generation: hosts[host].generation, address: address),
            at: now + draw(20_000_000...60_000_000)
        )
    }

    /// Ends all that this host dialled; whoever is still wanted is dialled again.
    func endLinks(_ host: Int) {
        for address in hosts[host].links.keys.sorted() { endLink(host, address) }
        for dial in hosts[host].dials { planDial(host, dial.address) }
    }

    private func endLink(_ host: Int, _ address: String) {
        guard let link = hosts[host].links.removeValue(forKey: address),
            let other = self.host(at: address)
        else { return }
        queue.plan(
            .linkEnded(host: other, generation: hosts[other].generation, link.id),
            // Whoever heard the end before the hello would keep the connection for good.
            at: max(now + delay, link.lastArrival)
        )
    }

    /// The host is gone: those that dialled it notice.
    func endLinksTo(_ host: Int) {
        for other in hosts.indices where other != host {
            guard let link = hosts[other].links[hosts[host].address] else { continue }
            queue.plan(
                .unlinked(host: other, generation: hosts[other].generation, link.id),
                at: now + delay
            )
        }
    }

    /// A connection that this host dialled is gone.
    func dropLink(_ host: Int, _ id: LinkID) throws(Violation) {
        guard let (address, link) = hosts[host].links.first(where: { $0.value.id == id }) else {
            return
        }
        hosts[host].links[address] = nil
        planDial(host, address)
        if link.isReady { try step(host, .unlinked(address: address)) }
    }

    /// A hello or a welcome was lost: this end closes, and dials again.
    func dropUnanswered(_ host: Int, _ id: LinkID) {
        guard
            let (address, _) = hosts[host].links.first(where: {
                $0.value.id == id && !$0.value.isReady
            })
        else { return }
        endLink(host, address)
        planDial(host, address)
    }

    func answer(_ link: LinkID, _ message: PeerMessage, from host: Int) {
        guard let dialler = hosts.firstIndex(where: { $0.links.values.contains { $0.id == link } })
        else { return }
        transmit(
            SimulatedPacket(from: host, to: dialler, content: .answer(link, message)),
            after: delay
        )
    }

    func send(_ line: [UInt8], _ entries: [[UInt8]], from host: Int, to address: String) {
        guard let link = hosts[host].links[address], link.isReady,
            let other = self.host(at: address)
        else { return }
        if let onSend, let message = try? read(line) { onSend(host, other, message) }
        let packet = SimulatedPacket(
            from: host,
            to: other,
            content: .message(link.id, line: line, entries: entries)
        )
        if withheld[[host, other]]?.append(packet) != nil { return }
        if happens(faults.lost) {
            counts[.lost] += 1
            return
        }
        strayMaybe(packet)
        if happens(faults.doubled) {
            counts[.doubled] += 1
            transmit(packet, after: draw(50_000...50_000_000))
        }
        if happens(faults.delayed) {
            counts[.delayed] += 1
            transmit(packet, after: draw(1_000_000...100_000_000))
        } else {
            let arrival = max(now + delay + network.delay(host, other), link.lastArrival)
            hosts[host].links[address]?.lastArrival = arrival
            transmit(packet, after: arrival - now)
        }
    }

    /// Gives a host a message as if another one had sent it, over the connection that is there.
    package func say(
        _ message: PeerMessage,
        from host: Int,
        to other: Int
    ) throws(Violation) {
        guard let link = hosts[host].links[hosts[other].address], link.isReady else { return }
        try step(other, .message(link.id, message, lines: []))
    }

    private func transmit(_ packet: SimulatedPacket, after delay: Duration) {
        if let left = hosts[packet.from].packetsToLive {
            hosts[packet.from].packetsToLive = left - 1
            if left <= 0 { return }
        }
        queue.plan(.arrive(packet, generation: hosts[packet.to].generation), at: now + delay)
    }

    func arrive(_ packet: SimulatedPacket) throws(Violation) {
        // What a host that is gone for good has sent does not count as a sign of life.
        guard network.canReach(packet.from, packet.to), !hosts[packet.from].isAway else { return }
        switch packet.content {
        case .hello(let link, let hello): try step(packet.to, .hello(link, hello))
        case .answer(let link, let message): try arrive(message, on: link, at: packet.to)
        case .message(let link, let line, let entries):
            try step(packet.to, .message(link, try read(line), lines: entries))
        }
    }

    func read(_ line: [UInt8]) throws(Violation) -> PeerMessage {
        do throws(LineError) {
            return try PeerMessage(line, in: 0..<line.count - 1)
        } catch {
            throw violation(.staysUp, "a message cannot be read: \(error)")
        }
    }

    private func arrive(
        _ message: PeerMessage,
        on link: LinkID,
        at host: Int
    ) throws(Violation) {
        guard let (address, _) = hosts[host].links.first(where: { $0.value.id == link }) else {
            return
        }
        if case .welcome(let hello) = message {
            hosts[host].links[address]?.isReady = true
            try step(host, .linked(address: address, hello))
        } else {
            hosts[host].links[address] = nil
            planDial(host, address)
        }
    }
}
