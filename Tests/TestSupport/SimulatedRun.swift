package import Replication

/// One seed of the simulation from start to end: form, work under faults, heal, converge, check.
package struct SimulatedRun {
    /// How often which fault came.
    package var counts = FaultCounts()
    /// How many calls of clients were answered.
    package var answered = 0
    /// How many attempts were retries.
    package var retries = 0

    /// Runs a seed.
    ///
    /// - Throws: ``Violation`` with the seed, if any promise is broken.
    package init(
        _ configuration: SimulationConfiguration,
        clients: Int = 5,
        calls: Int = 40,
        faultyFor duration: Duration = .seconds(6)
    ) throws(Violation) {
        var configuration = configuration
        let adjust = configuration.adjust
        configuration.adjust = { node in
            node.requestTimeout = .seconds(2)
            adjust(&node)
        }
        let simulation = try Simulation<Register>(configuration)
        let workload = RegisterWorkload(simulation, clients: clients, calls: calls, over: duration)
        // Also when all calls are answered: what goes wrong then counts too.
        try simulation.run(for: duration)
        try simulation.heal()
        let isDone = try simulation.run(for: .seconds(60)) {
            workload.isDone && simulation.isConverged
        }
        counts = simulation.counts
        answered = workload.history.answered
        retries = workload.retries
        guard isDone, let leader = simulation.leader,
            let values = simulation.machine(of: leader)?.values
        else {
            throw Violation(
                promise: .convergence,
                detail: "\(answered) answers, leader \(simulation.leader ?? -1), applied "
                    + "\((0..<configuration.nodes).map { simulation.applied(of: $0) })",
                seed: configuration.seed
            )
        }
        try workload.history.check(against: values, seed: configuration.seed)
        for host in 0..<configuration.nodes
        where simulation.machine(of: host)?.values != values {
            throw Violation(
                promise: .determinism,
                detail: "host \(host) has another state",
                seed: configuration.seed
            )
        }
    }
}
