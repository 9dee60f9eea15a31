/// The names of snapshots: `snapshot-0000004711.jsonl`, by the last entry that each holds.
enum SnapshotName {
    /// What is being written here.
    static let partial = ".partial"
    /// What is being received from elsewhere.
    static let incoming = ".incoming"

    static func name(_ index: LogIndex) -> String {
        "snapshot-\(index.value.padded(to: 10)).jsonl"
    }

    /// The index in a name that this type made, or nil for any other file.
    static func index(_ name: String) -> LogIndex? {
        guard name.hasPrefix("snapshot-"), name.hasSuffix(".jsonl"),
            let number = UInt64(name.dropFirst(9).dropLast(6)), number > 0, number < .max,
            self.name(LogIndex(number)) == name
        else { return nil }
        return LogIndex(number)
    }

    /// Whether a file counts for nothing once there is a snapshot that ends at `index`.
    static func isLeftover(_ name: String, after index: LogIndex) -> Bool {
        if name.hasSuffix(partial) { return true }
        guard name.hasSuffix(incoming) else { return false }
        return self.index(String(name.dropLast(incoming.count))).map { $0 <= index } ?? true
    }
}
