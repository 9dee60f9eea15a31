package import Replication
package import Storage

/// Snapshots on a disk in memory, for tests of what stands in them.
package struct SnapshotCopy {
    private let store: SnapshotStore

    /// Creates an empty directory.
    package init() throws {
        let disk = MemoryFileSystem()
        try disk.createDirectory("data")
        store = SnapshotStore(directory: "data", fileSystem: disk)
    }

    /// A head for a test.
    package static func head(_ index: UInt64, term: UInt64 = 1, schema: UInt64 = 1) -> SnapshotHead
    {
        SnapshotHead(
            cluster: "00c1",
            position: LogPosition(index: LogIndex(index), term: Term(term)),
            membershipIndex: LogIndex(1),
            membership: Membership.empty.lineBytes,
            schema: schema
        )
    }

    /// Writes lines, each the members of an object, and reads them as `read` does.
    package func reading<Value>(
        _ lines: [String],
        _ head: SnapshotHead,
        _ read: (inout SnapshotReader) throws(SnapshotError) -> Value
    ) throws(SnapshotError) -> Value {
        _ = try store.write(head) { (writer) throws(SnapshotError) in
            for line in lines {
                try writer.line { writer in
                    var reader = JSONReader(Array(line.utf8))
                    do throws(LineError) {
                        try reader.members { (name, reader) throws(LineError) in
                            let value = try reader.verbatim()
                            writer.key(name)
                            writer.verbatim(value)
                        }
                    } catch { preconditionFailure("\(line): \(error)") }
                }
            }
        }
        var reader = try store.read(head.position)
        return try read(&reader)
    }

    /// The lines of a snapshot without their seals, as `{"value":"a"}`.
    package func lines(
        _ head: SnapshotHead,
        _ write: (inout SnapshotWriter) throws(SnapshotError) -> Void
    ) throws(SnapshotError) -> [String] {
        _ = try store.write(head, write)
        var lines: [String] = []
        var reader = try store.read(head.position)
        while true {
            var members: [String] = []
            let isLine = try reader.next { (name, reader) throws(LineError) in
                let value = String(decoding: try reader.verbatim(), as: UTF8.self)
                members.append("\"\(name)\":\(value)")
            }
            guard isLine else { return lines }
            lines.append("{" + members.joined(separator: ",") + "}")
        }
    }

    /// What comes back of a state.
    package func copy<Machine: Service>(
        of state: ReplicatedState<Machine>
    ) throws(SnapshotError) -> ReplicatedState<Machine> {
        try self.state(state.head(cluster: "00c1")) {
            (writer) throws(SnapshotError) in
            try state.write(to: &writer)
        }
    }

    /// What `write` writes, read as a state.
    package func state<Machine: Service>(
        _ head: SnapshotHead,
        _ write: (inout SnapshotWriter) throws(SnapshotError) -> Void
    ) throws(SnapshotError) -> ReplicatedState<Machine> {
        _ = try store.write(head, write)
        var reader = try store.read(head.position)
        return try ReplicatedState(from: &reader)
    }
}
