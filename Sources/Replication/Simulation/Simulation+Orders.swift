package import Storage

/// What an operator does with the cluster.
extension Simulation {
    /// Gives a host an order, and the ticket under which it is answered.
    package func submit(_ order: ClusterOrder, at host: Int) throws(Violation) -> Ticket {
        let (ticket, local) = newTicket(at: host)
        try step(host, .order(local, order))
        return ticket
    }

    /// Tells a host that it is about to stop.
    package func announceStop(of host: Int) throws(Violation) { try step(host, .stop) }

    /// Whether a host that is about to stop waits for the next leader.
    package func isHandingOver(_ host: Int) -> Bool { hosts[host].node?.isHandingOver ?? false }

    /// Who a host is, if it is up.
    package func identity(of host: Int) -> NodeIdentity? { hosts[host].node?.identity }
}
