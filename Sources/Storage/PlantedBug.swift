#if PLANTED_BUGS
/// Mistakes that are built in on purpose, to show that the simulator finds them.
///
/// Each stands at one line beside the rule that it breaks, and in no build that is shipped.
package enum PlantedBug: String, CaseIterable, Sendable {
    /// The leader commits entries of earlier terms by counting (pitfall 10).
    case commitOldTermByCounting
    /// The leader commits what only it has.
    case acknowledgeBeforeMajority
    /// A read is answered by a leader that has not heard of a majority since.
    case readWithoutQuorum
    /// A reply to an append of an earlier term confirms a read (pitfall 53).
    case staleReplyConfirmsRead
    /// A vote is given and not made durable (pitfall 1).
    case forgetVote
    /// A reply that refuses is counted as a vote (pitfall 4).
    case countRefusal
    /// A follower acknowledges entries before they are durable (pitfall 16).
    case followerAcknowledgesBeforeDurable
    /// A follower truncates entries that match (pitfall 12).
    case truncateMatching
    /// A follower commits entries that nobody compared with the leader's (pitfall 11).
    case followerCommitsUnverified
    /// A follower takes entries from the leader of an earlier term.
    case ignoreStaleTerm
    /// A membership goes on counting after its entry was truncated (pitfall 20).
    case keepTruncatedMembership
    /// Members are counted by the newest committed membership, not by the newest (pitfall 20).
    case membershipAtCommit
    /// A change has no joint phase, however many voters it changes.
    case changeInOneStep
    /// The table of answered requests is not asked.
    case exactlyOnceOff
    /// A leader logs what another node forwards without reading it (pitfall 49).
    case forwardUndecoded
    /// A leader sends snapshots of a state that others contradict, and a copy counts as a voice of
    /// its own (pitfall 54).
    case contestedSnapshotIsSent
    /// A follower gives up what it knew to be committed if the leader has something else
    /// (pitfall 58).
    case contradictionIsTruncated
    /// Entries behind a hole are taken to follow whatever the log holds there, without a proof.
    case fillWithoutProof
    /// A node with a damaged disk votes as if it had never held what it lost (pitfall 38).
    case voteBeforeHole
    /// A node on an old copy of its directory does not take what others know of it (pitfall 58).
    case oldCopyVotes
    /// The journal does not sync what it appends.
    case persistWithoutSync
    /// Deadlines are judged before what had arrived by then is taken (pitfall 52).
    case timersBeforeInputs

    /// The one that is active, if any.
    ///
    /// Sound: set once before the simulation starts, which runs in a single thread.
    nonisolated(unsafe) package static var active: PlantedBug?

    /// Whether this one is active.
    package var isActive: Bool { unsafe Self.active == self }
}
#endif
