/// Why a journal can't be opened, or can't go on.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A file holds something else than what was made durable, and nothing says what that was.
    case damaged(JournalDamage)
    /// An entry of an open journal can't be read back, also when it is tried again.
    case unreadable(LogIndex, JournalDamage)
    /// There is a snapshot, but no journal.
    case noJournal(directory: String, snapshot: LogPosition)
    /// Another process has the directory open.
    case locked(directory: String)
    /// The directory belongs to another node.
    case otherNode(directory: String, found: NodeIdentity, asked: String)
    /// The journal belongs to another cluster.
    case otherCluster(found: String, asked: String)
    /// A newer version of this program wrote the file.
    case newerFormat(file: String)
    /// The file system failed while nothing was being written; trying again may help.
    case file(FileError)
    /// A write or a sync failed, now or earlier: what the disk holds is unknown until the next start.
    case failed(FileError)
    /// There is no space; nothing was written, and the same call may succeed later.
    case full(FileError)
    /// The journal was closed.
    case closed
    /// Records that do not follow from what the journal holds; nothing was written.
    case refused(String)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .damaged(let damage):
            "\(damage). No good line says what the journal held there, so the node can't know what "
                + "it acknowledged; everything was left as it is. Check the disk. If other "
                + "nodes of the cluster are up, move the data directory aside and start this node "
                + "with the command line that it always had: it comes back empty, as a new "
                + "incarnation, and gets all from them. A node alone has no other copy: put a backup "
                + "of the directory in its place, or begin anew with an empty one, without what it "
                + "held"
        case .unreadable(let index, let damage): "entry \(index) can't be read: \(damage)"
        case .noJournal(let directory, let snapshot):
            "\(directory) holds a snapshot that ends at \(snapshot), but no journal-*.jsonl: bring "
                + "those files back, or name another directory"
        case .locked(let directory):
            "\(directory) is in use by another process; stop that one, or name another directory"
        case .otherNode(let directory, let found, let asked):
            "\(directory) belongs to node \(found), not to '\(asked)'; start '\(found.id)' on it, "
                + "or name another directory"
        case .otherCluster(let found, let asked):
            "this journal belongs to cluster \(found), not to \(asked)"
        case .newerFormat(let file):
            "\(file) was written by a newer version of this program; start that one"
        case .file(let error): error.description
        case .failed(let error):
            "the journal can't be written, and stays closed until the node is started again: "
                + error.description
        case .full(let error):
            "nothing can be written to the journal until there is space: \(error)"
        case .closed: "the journal is closed"
        case .refused(let rule): "the journal refuses records: \(rule)"
        }
    }
}
