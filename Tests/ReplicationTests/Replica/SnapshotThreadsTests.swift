import Replication
import Storage
import TestSupport
import Testing

/// The threads that work on the files of snapshots.
@Suite struct SnapshotThreadsTests {
    @Test @Aside func `a piece is read while a snapshot is written, however long that takes`() {
        let store = SnapshotStore(directory: "data", fileSystem: MemoryFileSystem())
        let threads = SnapshotThreads()
        let (read, written) = (Mailbox<Bool>(), Mailbox<Bool>())
        let position = LogPosition(index: LogIndex(9), term: Term(1))
        let member = NodeIdentity(id: "n2", incarnation: "00000000000000aa")
        // It is not done before the piece is.
        let isTaken = threads.write {
            written.push(read.takeAll(waiting: .seconds(60)) == [true])
        }
        threads.carryOut(
            .read(position, offset: 0, maximumBytes: 100, for: member),
            in: store
        ) { input in
            if case .snapshotRead = input { read.push(true) }
        }
        #expect(isTaken && written.takeAll(waiting: .seconds(120)) == [true])
        threads.stop()
    }
}
