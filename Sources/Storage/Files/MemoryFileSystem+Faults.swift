extension MemoryFileSystem {
    /// Where in a call the simulated machine goes down.
    public enum CrashPoint: Hashable, Sendable, CaseIterable {
        /// The call does nothing.
        case before
        /// A write does its first half; any other call does nothing.
        case during
        /// The call does its work, but the caller never hears of it.
        case after
    }

    /// The number of calls so far.
    public var calls: Int { withDisk { $0.calls } }

    /// Whether the machine is down.
    public var isCrashed: Bool { withDisk { $0.isCrashed } }

    /// Goes down at the call after the next `calls`; every call then fails until
    /// ``processCrash()`` or ``powerLoss(using:)``.
    public func crash(afterCalls calls: Int, _ point: CrashPoint = .before) {
        withDisk { $0.crash = (at: $0.calls + calls, point: point) }
    }

    /// Asks `hook` before each call; it may throw in the call's place, and must not call back.
    public func onCall(_ hook: (@Sendable (FileCall) throws(FileError) -> Void)?) {
        withDisk { $0.hook = hook }
    }

    /// Makes the next `synchronize` of a file whose path ends in `suffix` fail, as a dying disk does.
    ///
    /// As on Linux the bytes stay in the page cache, where they are read back, count as clean, and
    /// never reach the disk.
    public func failSynchronize(of suffix: String = "") {
        withDisk { $0.failingSync = suffix }
    }

    /// The process ends and another one may start: handles die and locks fall, all bytes stay.
    public func processCrash() {
        withDisk { $0.restart() }
    }

    /// The power goes and comes back: of all that was not synced an arbitrary part stays.
    ///
    /// Bytes stay or go by sectors of 512; a file that grew ends anywhere between its old and its
    /// new length, unwritten sectors within read as NUL. Of the changes to names an arbitrary
    /// subset stays, in their order.
    public func powerLoss(using generator: inout some RandomNumberGenerator) {
        withDisk { disk in
            disk.losePower(using: &generator)
            disk.restart()
        }
    }

    /// The bytes of a file as a process would read them, or nil if it does not exist.
    public func contents(of path: String) -> [UInt8]? {
        withDisk { disk in disk.node(at: path).flatMap { disk.files[$0]?.cached } }
    }

    /// Sets the bytes of a file, in cache and on disk: rot, or an operator's hand.
    public func setContents(of path: String, to bytes: [UInt8]) {
        withDisk { disk in
            guard let node = disk.node(at: path), disk.files[node] != nil else { return }
            disk.files[node] = MemoryDisk.FileData(cached: bytes, durable: bytes)
        }
    }
}
