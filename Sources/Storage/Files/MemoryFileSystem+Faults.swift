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

    /// Makes the next calls of a kind fail.
    ///
    /// A write does its first half. A sync leaves the bytes in the page cache, as on Linux, where
    /// they are read back, count as clean, and never reach the disk. Any other call does nothing.
    ///
    /// - Parameters:
    ///   - kind: Which calls.
    ///   - suffix: How the paths end on which they are made.
    ///   - reason: Why they fail.
    ///   - skipped: How many of them go well first.
    ///   - times: How many of them; until the next start or ``heal()`` at most.
    public func fail(
        _ kind: FileCall.Kind,
        of suffix: String = "",
        with reason: FileError.Reason = .inputOutput,
        after skipped: Int = 0,
        times: Int = 1
    ) {
        let fault = MemoryDisk.Fault(
            call: FileCall(kind, of: suffix),
            reason: reason,
            skipped: skipped,
            times: max(1, times)
        )
        withDisk { $0.faults.append(fault) }
    }

    /// How many calls were made to fail since the last start.
    package var failures: Int { withDisk { $0.failures } }

    /// Does not go down after all, if it has not yet.
    package func endCrash() { withDisk { if !$0.isCrashed { $0.crash = nil } } }

    /// Whether there is an end to what fits onto it.
    package var isBounded: Bool { withDisk { $0.capacity != nil } }

    /// Whether less than a page fits onto the disk.
    package var isFull: Bool {
        withDisk { disk in
            disk.capacity.map { $0.bytes < disk.usedBytes(besides: -1) + 4_096 } ?? false
        }
    }

    /// Forgets the failures that were asked for and did not happen yet.
    public func heal() { withDisk { $0.faults = [] } }

    /// Makes the next `synchronize` of a file whose path ends in `suffix` fail, as a dying disk does.
    public func failSynchronize(of suffix: String = "") { fail(.synchronize, of: suffix) }

    /// Lets no more than this onto the disk from now on; nil for no end.
    ///
    /// Counted are the lengths of all files that have a name. A write beyond it does what fits, makes
    /// that durable, and fails; what is there stays, even if it is more.
    ///
    /// - Parameters:
    ///   - bytes: How much fits.
    ///   - limit: What is said to be used up.
    public func setCapacity(_ bytes: Int?, _ limit: FileError.SpaceLimit = .disk) {
        withDisk { $0.capacity = bytes.map { ($0, limit) } }
    }

    /// The lengths of all files that have a name, together.
    public var usedBytes: Int { withDisk { $0.usedBytes(besides: -1) } }

    /// Flips a bit of a file, in cache and on disk: rot at rest.
    ///
    /// - Parameters:
    ///   - bit: Counted from the lowest of the first byte; nothing happens beyond the end.
    ///   - path: The file.
    public func flip(bit: Int, of path: String) {
        withDisk { disk in
            guard let node = disk.node(at: path) else { return }
            disk.files[node]?.flip(bit: bit)
        }
    }

    /// Lets a reading of any of these bytes of a file fail from now on, as a bad sector does.
    public func spoil(_ bytes: Range<Int>, of path: String) {
        withDisk { disk in
            guard let node = disk.node(at: path) else { return }
            disk.files[node]?.unreadable = bytes
        }
    }

    /// Flips a bit for the next reading over it alone: a second one sees what is there.
    ///
    /// - Parameters:
    ///   - bit: Counted from the lowest of the first byte.
    ///   - suffix: How the file's path ends.
    public func misread(bit: Int, of suffix: String) {
        withDisk { $0.misreads.append((suffix, bit)) }
    }

    /// Lets no more bits be read wrong.
    ///
    /// - Returns: How many were, since this was called last.
    package func forgetMisreads() -> Int {
        withDisk { disk in
            defer { (disk.misreads, disk.misread) = ([], 0) }
            return disk.misread
        }
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
