/// The state of a ``MemoryFileSystem``: a value, so that a clone is a copy.
struct MemoryDisk: Sendable {
    /// A change to the names of a directory that was not synced yet; nil removes the name.
    struct NameChange: Sendable {
        /// What each name stands for afterwards; a rename changes two names at once.
        var names: [(name: String, node: Int?)]
    }

    struct Directory: Sendable {
        var cached: [String: Int] = [:]
        var durable: [String: Int] = [:]
        var pending: [NameChange] = []
    }

    /// Calls that are to fail.
    struct Fault: Sendable {
        /// Which ones; its path is how theirs end.
        var call: FileCall
        var reason: FileError.Reason
        /// How many of them go well first.
        var skipped: Int
        var times: Int
    }

    private static let root = 0

    private(set) var directories = [root: Directory()]
    var files: [Int: FileData] = [:]
    /// The directories that are locked.
    var locks: Set<Int> = []
    /// Counts restarts; a handle of an earlier one is dead.
    private(set) var boot = 0
    private(set) var calls = 0
    private(set) var isCrashed = false
    /// Whether the call being made is one that crashes half way.
    private(set) var isCrashing = false
    var crash: (at: Int, point: MemoryFileSystem.CrashPoint)?
    var hook: (@Sendable (FileCall) throws(FileError) -> Void)?
    var faults: [Fault] = []
    /// How many calls were made to fail since the last start.
    private(set) var failures = 0
    /// Why the call being made fails, if it does.
    private(set) var failing: FileError?
    /// What fits onto it, and what is said when it is full; nil if there is no end.
    var capacity: (bytes: Int, limit: FileError.SpaceLimit)?
    /// Bits that the next reading over them sees flipped.
    var misreads: [(suffix: String, bit: Int)] = []
    /// How many bits were read wrong.
    var misread = 0
    private var nextNode = 1

    /// Counts a call; answers where in it the machine goes down, if it does.
    mutating func enter(_ call: FileCall) throws(FileError) -> MemoryFileSystem.CrashPoint? {
        guard !isCrashed else {
            throw FileError(.crashed, call: call.kind.rawValue, path: call.path)
        }
        try hook?(call)
        calls += 1
        failing = takeFault(call)
        guard let crash, calls > crash.at else { return nil }
        guard crash.point == .during else { return crash.point }
        isCrashing = call.kind == .write
        return isCrashing ? .after : .before
    }

    private mutating func takeFault(_ call: FileCall) -> FileError? {
        let index = faults.firstIndex {
            $0.call.kind == call.kind && call.path.hasSuffix($0.call.path)
        }
        guard let index else { return nil }
        guard faults[index].skipped == 0 else {
            faults[index].skipped -= 1
            return nil
        }
        let reason = faults[index].reason
        faults[index].times -= 1
        if faults[index].times == 0 { faults.remove(at: index) }
        failures += 1
        return FileError(reason, call: call.kind.rawValue, path: call.path)
    }

    /// The bytes of the files that have a name, but for one.
    func usedBytes(besides node: Int) -> Int {
        directories.values.reduce(0) { sum, directory in
            directory.cached.values.reduce(sum) { sum, other in
                other == node ? sum : sum + (files[other]?.size ?? 0)
            }
        }
    }

    /// Goes down.
    mutating func crash(_ kind: FileCall.Kind, _ path: String) -> FileError {
        isCrashed = true
        return FileError(.crashed, call: kind.rawValue, path: path)
    }

    /// Comes back with all handles dead and all faults that were asked for forgotten.
    mutating func restart() {
        boot += 1
        isCrashed = false
        isCrashing = false
        crash = nil
        failing = nil
        faults = []
        failures = 0
        misreads = []
        locks = []
    }

    mutating func losePower(using generator: inout some RandomNumberGenerator) {
        // In a fixed order: the generator must be drawn from alike in every run.
        for node in directories.keys.sorted() {
            directories[node]?.losePower(using: &generator)
        }
        for node in files.keys.sorted() { files[node]?.losePower(using: &generator) }
    }
}

extension MemoryDisk {
    func node(at path: String) -> Int? {
        var node = Self.root
        for part in path.split(separator: "/") where part != "." {
            guard let inner = directories[node]?.cached[String(part)] else { return nil }
            node = inner
        }
        return node
    }

    func names(in path: String) throws(FileError) -> [String: Int] {
        guard let node = node(at: path), let directory = directories[node] else {
            throw FileError(.notFound, call: "list", path: path)
        }
        return directory.cached
    }

    mutating func createDirectory(_ path: String) throws(FileError) {
        let node = try add(path, "mkdir")
        directories[node] = Directory()
    }

    mutating func createFile(_ path: String) throws(FileError) -> Int {
        let node = try add(path, "create")
        files[node] = FileData()
        return node
    }

    mutating func rename(_ path: String, to other: String) throws(FileError) {
        let from = try parent(of: path, "rename")
        let to = try parent(of: other, "rename")
        guard let node = node(at: path) else {
            throw FileError(.notFound, call: "rename", path: path)
        }
        guard from.node == to.node else {
            throw FileError(
                .system(code: 18, text: "not within one directory"),
                call: "rename",
                path: path
            )
        }
        change(from.node, [(from.name, nil), (to.name, node)])
    }

    mutating func remove(_ path: String) throws(FileError) {
        let from = try parent(of: path, "remove")
        guard let node = node(at: path), files[node] != nil else {
            throw FileError(.notFound, call: "remove", path: path)
        }
        change(from.node, [(from.name, nil)])
    }

    mutating func syncDirectory(_ path: String) throws(FileError) {
        guard let node = node(at: path), directories[node] != nil else {
            throw FileError(.notFound, call: "fsync", path: path)
        }
        directories[node]?.synchronize()
    }

    mutating func synchronizeNames() {
        for node in directories.keys { directories[node]?.synchronize() }
    }

    private mutating func add(_ path: String, _ call: String) throws(FileError) -> Int {
        let place = try parent(of: path, call)
        guard node(at: path) == nil else {
            throw FileError(.alreadyExists, call: call, path: path)
        }
        let node = nextNode
        nextNode += 1
        change(place.node, [(place.name, node)])
        return node
    }

    private func parent(
        of path: String,
        _ call: String
    ) throws(FileError) -> (node: Int, name: String) {
        let parts = path.split(separator: "/")
        let outer = parts.dropLast().joined(separator: "/")
        guard let name = parts.last, let node = node(at: outer), directories[node] != nil else {
            throw FileError(.notFound, call: call, path: path)
        }
        return (node, String(name))
    }

    private mutating func change(_ node: Int, _ names: [(name: String, node: Int?)]) {
        let change = NameChange(names: names)
        directories[node]?.pending.append(change)
        directories[node]?.cached.apply(change)
    }
}

extension MemoryDisk.Directory {
    mutating func synchronize() {
        durable = cached
        pending = []
    }

    mutating func losePower(using generator: inout some RandomNumberGenerator) {
        for change in pending where Bool.random(using: &generator) { durable.apply(change) }
        cached = durable
        pending = []
    }
}

extension [String: Int] {
    fileprivate mutating func apply(_ change: MemoryDisk.NameChange) {
        for (name, node) in change.names { self[name] = node }
    }
}
