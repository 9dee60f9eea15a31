import Storage

/// A fault that comes again and again, at times around a mean.
enum RecurringFault: CaseIterable {
    case crash, blackout, roll, pause, slowTurn
    case partition, swizzle, slowLinks
    case clockJump, stall, failure, fullDisk, lostDisk
    case change, transfer
}

/// What goes wrong, drawn from the seed.
extension Simulation {
    func planFaults() { for fault in RecurringFault.allCases { plan(fault) } }

    /// Plans the next one of a kind, at a time around the mean.
    private func plan(_ fault: RecurringFault) {
        guard let mean = faults.interval(of: fault) else { return }
        queue.plan(
            .fault(fault, number: faultsNumber),
            at: now + draw(mean.nanoseconds / 4...mean.nanoseconds * 7 / 4)
        )
    }

    func strike(_ fault: RecurringFault) throws(Violation) {
        plan(fault)
        switch fault {
        case .crash: try crashSomeHost()
        case .blackout: try blackOut()
        case .roll:
            counts[.rolls] += 1
            try roll(hosts.indices.shuffled(using: &generator))
        case .pause: pause(draw(hosts.count), for: draw(10_000_000...1_500_000_000))
        case .slowTurn:
            let longest: Int64 = draw(4) == 0 ? 600_000_000 : 280_000_000
            slowTurn(of: draw(hosts.count), draw(50_000_000...longest))
        case .partition: partition()
        case .swizzle: swizzle()
        case .slowLinks: slowSomeLinks()
        case .clockJump: jumpSomeClock()
        case .stall: stallSomeDisk()
        case .failure: failSomeDisk()
        case .fullDisk: fillSomeDisk()
        case .lostDisk: try loseSomeDisk()
        case .change: try changeMembers()
        case .transfer: try transferLead()
        }
    }
}

extension SimulationConfiguration.Faults {
    func interval(of fault: RecurringFault) -> Duration? {
        switch fault {
        case .crash: crashEvery
        case .blackout: blackoutEvery
        case .roll: rollEvery
        case .pause: pauseEvery
        case .slowTurn: slowTurnEvery
        case .partition: partitionEvery
        case .swizzle: swizzleEvery
        case .slowLinks: slowLinksEvery
        case .clockJump: clockJumpEvery
        case .stall: stallEvery
        case .failure: failEvery
        case .fullDisk: fullEvery
        case .lostDisk: loseEvery
        case .change: changeEvery
        case .transfer: transferEvery
        }
    }
}
