import Storage

/// The gate to the log: nothing passes that this node could not apply (pitfall 49).
///
/// A committed entry that nobody can apply ends every node, again after each restart. So whoever
/// takes an operation, from its own state machine or from another node, reads it before it waits
/// anywhere: all that is pending, held, queued or proposed has passed here.
extension Node {
    /// Why a proposal must not be logged, or nil.
    mutating func refusal(of proposal: Proposal, from source: String) -> RequestFailure? {
        guard proposal.estimatedBytes <= configuration.maximumEntryBytes else { return .tooLarge }
        guard let fault = proposal.fault ?? state.fault(of: proposal) else {
            return nil
        }
        if intake.refused.mayTell(at: now.instant) {
            log(.error, "refused an operation of \(source): \(fault)")
        }
        return .operationInvalid
    }

    /// Why an operation that another node forwards must not be logged, or nil.
    mutating func refusalOfForwarded(
        _ proposal: Proposal,
        from node: NodeIdentity
    ) -> RequestFailure? {
        #if PLANTED_BUGS
        if PlantedBug.forwardUndecoded.isActive { return nil }
        #endif
        return refusal(of: proposal, from: "\(node)")
    }
}

/// How often something is told that another node can cause at will.
struct Telling: Sendable {
    /// Between two lines of the log.
    static let pause = Duration.seconds(10)
    private var next: Instant?

    /// Whether it is time for a line; the pause begins with it.
    mutating func mayTell(at now: Instant) -> Bool {
        if let next, now < next { return false }
        next = now + Self.pause
        return true
    }
}
