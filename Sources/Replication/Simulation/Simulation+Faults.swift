import Storage

/// What goes wrong, drawn from the seed.
extension Simulation {
    func planFaults() {
        plan(.crash, every: faults.crashEvery)
        plan(.blackout, every: faults.blackoutEvery)
        plan(.partition, every: faults.partitionEvery)
        plan(.pause, every: faults.pauseEvery)
    }

    /// Plans the next one of a kind, at a time around the mean.
    private func plan(_ event: Event, every mean: Duration?) {
        guard let mean else { return }
        queue.plan(event, at: now + draw(mean.nanoseconds / 4...mean.nanoseconds * 7 / 4))
    }

    func restart(_ host: Int) {
        queue.plan(.restart(host: host), at: now + draw(20_000_000...1_500_000_000))
    }

    func crashSomeHost() throws(Violation) {
        guard let every = faults.crashEvery else { return }
        plan(.crash, every: every)
        let host = draw(hosts.count)
        guard hosts[host].isUp else { return }
        try crash(host, powerLoss: draw(100) < faults.powerLoss)
        restart(host)
    }

    /// Ends a host's process, or cuts its power; it stays down until it is started.
    package func crash(_ host: Int, powerLoss: Bool) throws(Violation) {
        if powerLoss { counts.powerLosses += 1 } else { counts.processCrashes += 1 }
        try stop(host, powerLoss: powerLoss)
    }

    func blackOut() throws(Violation) {
        guard let every = faults.blackoutEvery else { return }
        plan(.blackout, every: every)
        counts.blackouts += 1
        for host in hosts.indices {
            try stop(host, powerLoss: true)
            restart(host)
        }
    }

    func partition() {
        guard let every = faults.partitionEvery else { return }
        plan(.partition, every: every)
        counts.partitions += 1
        groups = hosts.map { _ in draw(2) }
        isOneWay = happens(faults.oneWay)
        if isOneWay { counts.oneWayCuts += 1 }
        partitionNumber += 1
        queue.plan(
            .endPartition(partitionNumber),
            at: now + draw(50_000_000...2_000_000_000)
        )
    }

    /// Cuts the network into groups, until ``heal()`` or the next partition.
    package func partition(_ groups: [Int]) {
        partitionNumber += 1
        self.groups = groups
        isOneWay = false
    }

    func pauseSomeHost() {
        guard let every = faults.pauseEvery else { return }
        plan(.pause, every: every)
        pause(draw(hosts.count), for: draw(10_000_000...1_500_000_000))
    }

    /// Stops a host's process for a time: it goes on with what has gathered.
    package func pause(_ host: Int, for duration: Duration) {
        guard hosts[host].isUp else { return }
        counts.pauses += 1
        hosts[host].pausedUntil = now + duration
        queue.plan(.resume(host: host), at: now + duration)
    }

    func wake(_ host: Int) throws(Violation) {
        if let until = hosts[host].pausedUntil, until > now { return }
        hosts[host].pausedUntil = nil
        for input in deferred.removeValue(forKey: host) ?? [] { try step(host, input) }
    }
}
