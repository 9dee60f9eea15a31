import Storage

/// A leader whose state is bad: it was elected because its log is the longest, so that a cluster is
/// not without a leader while that log is the only one that holds what is committed.
extension Consensus {
    /// Hands over to a voter that has the whole log; to another one each time.
    mutating func handOverBadState(_ now: Instant) {
        guard role == .leader, state.isDiverged, !isTransferring,
            timing.relieved.map({ $0.again <= now }) ?? true
        else { return }
        let fit = progress.filter {
            maySucceed($0.identity) && isLive($0) && $0.match == state.log.lastIndex
        }.map(\.identity)
        let last = timing.relieved?.by
        guard let target = fit.first(where: { peer in last.map { $0 < peer } ?? true }) ?? fit.first
        else { return }
        timing.relieved = (target, now + configuration.electionTimeout * 2)
        beginTransfer(to: target, .divergence, now)
    }
}
