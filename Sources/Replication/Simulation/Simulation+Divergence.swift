import Storage

/// States that go wrong, as by a bit of memory that flips or a machine that is not deterministic.
extension Simulation {
    /// Changes a host's state behind its back.
    ///
    /// - Parameters:
    ///   - host: Whose state.
    ///   - isNoticed: Whether the invariants are still to find states that differ.
    ///   - change: What goes wrong.
    package func corrupt(
        _ host: Int,
        isNoticed: Bool = false,
        _ change: (inout Machine) -> Void
    ) {
        if !isNoticed { invariants.ignoresDigests = true }
        guard var state = state(of: host) else { return }
        change(&state.machine)
        hosts[host].node?.state = state
    }

    /// Whether a host knows that its state is bad.
    package func isDiverged(_ host: Int) -> Bool { hosts[host].node?.divergence != nil }
}
