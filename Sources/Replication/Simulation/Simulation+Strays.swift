import Storage

/// Messages that outlive the connection they were sent over: the receiver, or the sender, may be
/// another process when they come.
///
/// TCP alone brings no such message; a proxy between two nodes may, and the core must not depend on
/// it: rounds and sessions begin anew in each process (pitfall 53).
extension Simulation {
    /// Copies a message between two cores, to come a second time, long after.
    func strayMaybe(_ packet: SimulatedPacket) {
        guard happens(faults.strays), packet.isOfConsensus else { return }
        queue.plan(.stray(packet), at: now + draw(100_000_000...3_000_000_000))
    }

    /// Delivers a message over the connection that there is now, to the process that runs now.
    func deliverStray(_ packet: SimulatedPacket) throws(Violation) {
        guard network.canReach(packet.from, packet.to), !hosts[packet.from].isAway else { return }
        try deliver(stray: packet)
    }

    private func deliver(stray packet: SimulatedPacket) throws(Violation) {
        guard case .message(let sentOver, let line, let entries) = packet.content,
            hosts[packet.to].isUp,
            let link = hosts[packet.from].links[hosts[packet.to].address], link.isReady
        else { return }
        if link.id != sentOver { counts[.strays] += 1 }
        try step(packet.to, .message(link.id, try read(line), lines: entries))
    }

    /// Keeps what one host sends to another, until it is let go.
    package func withhold(from: Int, to: Int) { withheld[[from, to]] = [] }

    /// Delivers what was kept over the connection that there is now, and keeps no more.
    ///
    /// A partition does not stop it.
    ///
    /// - Throws: ``Violation``.
    package func release(from: Int, to: Int) throws(Violation) {
        let packets = withheld.removeValue(forKey: [from, to]) ?? []
        for packet in packets where packet.isOfConsensus { try deliver(stray: packet) }
    }
}

extension SimulatedPacket {
    /// Whether it is a message of one core to another.
    fileprivate var isOfConsensus: Bool {
        guard case .message(_, let line, _) = content else { return false }
        return line.starts(with: Array("{\"consensus\"".utf8))
    }
}
