import Storage

/// Processes that die, are started anew, or stop for a while, and clocks that jump.
extension Simulation {
    func restart(_ host: Int) {
        queue.plan(.restart(host: host), at: now + draw(20_000_000...1_000_000_000))
    }

    func crashSomeHost() throws(Violation) {
        let host = draw(hosts.count)
        guard hosts[host].isUp else { return }
        if draw(100) < faults.crashAtEffect {
            hosts[host].effectsToLive = 1 + draw(20)
        } else {
            try crash(host, powerLoss: draw(100) < faults.powerLoss)
            restart(host)
        }
    }

    /// Ends a host's process, or cuts its power; it stays down until it is started.
    ///
    /// - Throws: ``Violation``.
    public func crash(_ host: Int, powerLoss: Bool) throws(Violation) {
        counts[powerLoss ? .powerLosses : .processCrashes] += 1
        try stop(host, powerLoss: powerLoss)
    }

    /// Ends the process of a host that has sent its last packet, or carried out its last effect.
    func endIfDying(_ host: Int) throws(Violation) {
        guard hosts[host].isDying else { return }
        if hosts[host].effectsToLive == 0 {
            counts[.effectCrashes] += 1
            try crash(host, powerLoss: draw(100) < faults.powerLoss)
            restart(host)
        } else {
            try crash(host, powerLoss: configuration.diesByPowerLoss)
        }
    }

    func blackOut() throws(Violation) {
        counts[.blackouts] += 1
        for host in hosts.indices {
            if hosts[host].isUp {
                try stop(host, powerLoss: true)
            } else {
                // What a killed process left in the page cache alone goes too.
                hosts[host].disk.powerLoss(using: &generator)
                hosts[host].isTorn = true
            }
            restart(host)
        }
    }

    /// Starts the first of these hosts anew, and a while later the next one.
    func roll(_ order: [Int]) throws(Violation) {
        guard faults.rollEvery != nil, let host = order.first else { return }
        if hosts[host].isUp {
            try crash(host, powerLoss: false)
            queue.plan(.restart(host: host), at: now + draw(20_000_000...300_000_000))
        }
        queue.plan(.rollOn(Array(order.dropFirst())), at: now + draw(200_000_000...900_000_000))
    }

    /// Stops a host's process for a time: it goes on with what has gathered.
    public func pause(_ host: Int, for duration: Duration) {
        guard hosts[host].isUp else { return }
        counts[.pauses] += 1
        sleep(host, for: duration)
    }

    /// Lets a host's turn take so long; what arrives meanwhile is its next turn.
    func slowTurn(of host: Int, _ duration: Duration) {
        guard hosts[host].isUp, hosts[host].pausedUntil == nil else { return }
        counts[.slowTurns] += 1
        sleep(host, for: duration)
    }

    private func sleep(_ host: Int, for duration: Duration) {
        hosts[host].pausedUntil = now + duration
        queue.plan(.resume(host: host), at: now + duration)
    }

    func wake(_ host: Int) throws(Violation) {
        if let until = hosts[host].pausedUntil, until > now { return }
        hosts[host].pausedUntil = nil
        try turn(host, deferred.removeValue(forKey: host) ?? [])
    }

    /// Sets the wall clock of a host wrong, or right again; a majority of the voters is right.
    func jumpSomeClock() {
        counts[.clockJumps] += 1
        let wrong = hosts.indices.filter { hosts[$0].clock.jump != .zero }
        // What one that was set right said before is believed for a while, and may come late.
        let doubt = Duration.seconds(faults.strays > 0 ? 5 : 2)
        let doubtful = hosts.count { $0.clockSetRight.map { now - $0 < doubt } ?? false }
        let most = mostWrongClocks
        if wrong.count + doubtful < most {
            let day: Int64 = 86_400_000_000_000
            let longest = [60_000_000_000, day, 30 * day][draw(3)]
            setClock(of: draw(hosts.count), ahead: draw(-longest...longest))
        } else if !wrong.isEmpty {
            setClock(of: wrong[draw(wrong.count)], ahead: .zero)
        }
    }

    /// Of how many hosts the clocks may be wrong at once: a minority of the voters, also of those
    /// that a change of members may leave.
    private var mostWrongClocks: Int {
        let voters = invariants.membership.incoming.count { $0.role == .voter }
        let least = faults.changeEvery == nil ? configuration.nodes : min(configuration.nodes, 3)
        return (min(max(voters, 1), least) - 1) / 2
    }

    /// Lets so much time pass by all wall clocks at once, and none by the monotonic ones.
    public func passWallTime(_ duration: Duration) {
        for host in hosts { host.clock.wallOffset += duration }
    }

    /// Sets a host's wall clock ahead, or back, of what it was at first.
    public func setClock(of host: Int, ahead duration: Duration) {
        let wasWrong = hosts[host].clock.jump != .zero
        hosts[host].clock.jump = duration
        hosts[host].clockSetRight = wasWrong && duration == .zero ? now : nil
    }
}
