import Storage

/// A directory of snapshots, in memory.
struct SnapshotFixture {
    static let directory = "/n1"
    let disk: MemoryFileSystem
    let store: SnapshotStore

    init() throws {
        disk = MemoryFileSystem()
        try disk.createDirectory(Self.directory)
        try disk.syncDirectory("/")
        store = SnapshotStore(directory: Self.directory, fileSystem: disk)
    }

    /// The same on a disk of its own.
    init(cloning other: SnapshotFixture) {
        disk = other.disk.clone()
        store = SnapshotStore(directory: Self.directory, fileSystem: disk)
    }

    static func path(_ index: UInt64) -> String {
        let digits = String(index)
        let zeros = String(repeating: "0", count: 10 - digits.count)
        return "\(directory)/snapshot-\(zeros)\(digits).jsonl"
    }

    /// The names in the directory.
    func names() throws -> [String] { try disk.list(Self.directory) }

    /// Checks that a snapshot is the newest, whole and alone, and stays so without power.
    func holdsAlone(_ sample: SnapshotSample) throws -> Bool {
        var generator = SeededGenerator(seed: 5)
        disk.powerLoss(using: &generator)
        let found = try store.newest()
        return try found.head == sample.head && sample.isWhole(in: store)
    }
}

/// What a snapshot holds in a test.
struct SnapshotSample: Equatable, Sendable {
    var head: SnapshotHead
    var texts: [String]

    init(_ index: UInt64, _ texts: [String] = ["one", "two", "three", "four"]) {
        head = SnapshotHead(
            cluster: "c1",
            position: LogPosition(index: LogIndex(index), term: Term(3)),
            membershipIndex: LogIndex(1),
            membership: Array("{\"incoming\":[]}".utf8),
            schema: 2
        )
        self.texts = texts.map { "\($0) of \(index)" }
    }

    @discardableResult
    func write(to store: SnapshotStore) throws(SnapshotError) -> Int {
        try store.write(head) { (writer) throws(SnapshotError) in
            for text in texts { try writer.line { $0.member("text", text) } }
        }
    }

    /// Whether the store's snapshot of this name holds this, to the foot.
    func isWhole(in store: SnapshotStore) throws -> Bool {
        var reader = try store.read(head.position)
        return try reader.head == head && reader.texts() == texts
    }

    /// The bytes of its file.
    func bytes() throws -> [UInt8] {
        let fixture = try SnapshotFixture()
        try write(to: fixture.store)
        return fixture.disk.contents(of: SnapshotFixture.path(head.position.index.value)) ?? []
    }
}

extension SnapshotReader {
    /// All that is left, read to the foot.
    mutating func texts() throws(SnapshotError) -> [String] {
        var found: [String] = []
        func read(_ name: String, _ reader: inout JSONReader) throws(LineError) {
            guard name == "text" else { throw reader.unknown(name) }
            found.append(try reader.string())
        }
        while try next(read) {}
        return found
    }
}

extension SnapshotReceiver {
    /// Takes all that is missing of `bytes`, by pieces.
    func take(_ bytes: [UInt8], by count: Int) throws(SnapshotError) {
        while offset < bytes.count {
            try append(Array(bytes[offset...].prefix(count)), at: offset)
        }
    }
}

extension SnapshotError {
    var damage: JournalDamage? { if case .damaged(let damage) = self { damage } else { nil } }
    var isInvalid: Bool { if case .invalid = self { true } else { false } }
    var file: FileError? { if case .file(let error) = self { error } else { nil } }
}
