import Storage

/// The most that was read and written at once, and how many files are open.
final class FileWatch: Sendable {
    struct Seen {
        var largestRead = 0
        var largestWrite = 0
        var open = 0
    }

    private let state = Lock(Seen())
    /// A bit that one reading sees flipped, and the number of that one among those that cover it.
    private let flip: Lock<(bit: Int, reading: Int)?>

    init(flip: (bit: Int, reading: Int)? = nil) { self.flip = Lock(flip) }

    var seen: Seen { state.withLock { $0 } }

    /// What a reading sees of some bytes.
    func seen(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
        flip.withLock { flip in
            guard let (bit, reading) = flip,
                (offset..<offset + bytes.count).contains(bit / 8)
            else { return bytes }
            flip = reading > 0 ? (bit, reading - 1) : nil
            guard reading == 0 else { return bytes }
            var changed = bytes
            changed[bit / 8 - offset] ^= 1 << UInt8(bit % 8)
            return changed
        }
    }

    /// Whether the flip that was asked for has happened.
    var hasFlipped: Bool { flip.withLock { $0 == nil } }

    func note(_ change: (inout Seen) -> Void) { state.withLock { change(&$0) } }
}

/// Another file system's files, watched.
struct WatchedFileSystem: FileSystem {
    let disk: any FileSystem
    let watch: FileWatch

    func createDirectory(_ path: String) throws(FileError) { try disk.createDirectory(path) }
    func exists(_ path: String) throws(FileError) -> Bool { try disk.exists(path) }
    func list(_ directory: String) throws(FileError) -> [String] { try disk.list(directory) }
    func create(_ path: String) throws(FileError) -> any File {
        WatchedFile(try disk.create(path), watch)
    }
    func open(_ path: String) throws(FileError) -> any File {
        WatchedFile(try disk.open(path), watch)
    }
    func openForReading(_ path: String) throws(FileError) -> any File {
        WatchedFile(try disk.openForReading(path), watch)
    }
    func rename(_ path: String, to other: String) throws(FileError) {
        try disk.rename(path, to: other)
    }
    func remove(_ path: String) throws(FileError) { try disk.remove(path) }
    func syncDirectory(_ path: String) throws(FileError) { try disk.syncDirectory(path) }
    func lock(_ path: String) throws(FileError) -> any FileLock { try disk.lock(path) }
}

private final class WatchedFile: File {
    private let file: any File
    private let watch: FileWatch
    private var isOpen = true

    init(_ file: any File, _ watch: FileWatch) {
        self.file = file
        self.watch = watch
        watch.note { $0.open += 1 }
    }

    func size() throws(FileError) -> Int { try file.size() }

    func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        watch.note { $0.largestRead = max($0.largestRead, count) }
        return watch.seen(try file.read(at: offset, count: count), at: offset)
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        watch.note { $0.largestWrite = max($0.largestWrite, bytes.count) }
        try file.write(bytes, at: offset)
    }

    func synchronize() throws(FileError) { try file.synchronize() }
    func truncate(to size: Int) throws(FileError) { try file.truncate(to: size) }

    deinit { close() }

    func close() {
        if isOpen { watch.note { $0.open -= 1 } }
        isOpen = false
        file.close()
    }
}
