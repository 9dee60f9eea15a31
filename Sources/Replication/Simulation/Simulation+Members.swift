import Storage

/// Hosts that come, that lose their disks, and what operators order.
extension Simulation {
    /// Adds a host that is started by hand.
    ///
    /// - Returns: Its number.
    @discardableResult
    package func addHost() throws(Violation) -> Int {
        hosts.append(SimulatedHost(name: "n\(hosts.count + 1)", wallOffset: .zero))
        groups.append(0)
        try start(hosts.count - 1)
        return hosts.count - 1
    }

    /// Ends a host's process, and takes its disk.
    package func loseDisk(of host: Int) throws(Violation) {
        try crash(host, powerLoss: true)
        replaceDisk(of: host)
    }

    /// Gives a host an operator's order.
    package func order(
        _ order: ClusterOrder,
        at host: Int,
        answered: @escaping (OrderOutcome) throws(Violation) -> Void = { _ in }
    ) throws(Violation) {
        let (ticket, local) = newTicket(at: host)
        orders[ticket] = answered
        try step(host, .order(local, order))
    }

    /// Gives a host that is down another address.
    package func move(_ host: Int, to address: String) { hosts[host].address = address }
}
