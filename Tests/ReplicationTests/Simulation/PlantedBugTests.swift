#if PLANTED_BUGS
import Replication
import Storage
import TestSupport
import Testing

/// Shows that the simulation of whole nodes has teeth: each bug that is planted is found.
///
/// `Tests/Campaigns/planted-bugs.sh` runs it.
@Suite(.serialized) struct PlantedBugTests {
    private static let hunts: [(PlantedBug, Hunt)] = [
        (.persistWithoutSync, .blackouts),
        (.acknowledgeBeforeMajority, .clients(of: [.acknowledgedIsKept])),
        (.acknowledgeBeforeMajority, .everything),
        (.commitOldTermByCounting, .figure8),
        (.exactlyOnceOff, .clients(of: [.exactlyOnce])),
        (.readWithoutQuorum, .partitions),
        (.forgetVote, .forgottenVote),
        (.staleReplyConfirmsRead, .staleReply),
        (.countRefusal, .everything),
        (.followerAcknowledgesBeforeDurable, .slowDisks),
        (.truncateMatching, .everything),
        (.followerCommitsUnverified, .everything),
        (.ignoreStaleTerm, .everything),
        (.voteBeforeHole, .unfillableEntry),
        (.fillWithoutProof, .damagedTruncation),
        (.forwardUndecoded, .hostileForwarder),
        (.timersBeforeInputs, .slowTurns),
        (.contestedSnapshotIsSent, .contestedState),
        (.contradictionIsTruncated, .oldCopy),
        (.oldCopyVotes, .toldBack),
    ]

    @Test(arguments: hunts)
    @Aside func `a planted bug is found`(bug: PlantedBug, hunt: Hunt) {
        unsafe PlantedBug.active = bug
        defer { unsafe PlantedBug.active = nil }
        let found = hunt.go()
        print(
            "\(bug) | \(hunt) | \(found.violation.map { "\($0)" } ?? "NOT FOUND") |"
                + " \(found.runs) runs, \(found.others) others"
        )
        #expect(found.violation != nil, "\(bug) was not found by \(hunt)")
    }

    @Test(arguments: [
        Hunt.blackouts, .clients(of: []), .everything, .slowDisks, .partitions, .forgottenVote,
        .figure8, .hostileForwarder, .slowTurns, .staleReply, .contestedState, .oldCopy,
        .toldBack, .damagedEntry, .unfillableEntry, .damagedTruncation,
    ])
    @Aside func `without a planted bug no promise is broken`(hunt: Hunt) {
        var hunt = hunt
        hunt.promises = nil
        hunt.seeds = 100
        let found = hunt.go()
        print(
            "no bug | \(hunt) | \(found.violation.map { "\($0)" } ?? "none") | \(found.runs) runs"
        )
        #expect(found.violation == nil)
    }
}
#endif
