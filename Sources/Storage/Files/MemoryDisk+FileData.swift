extension MemoryDisk {
    /// The bytes of a file: what the page cache holds and what the disk holds.
    struct FileData: Sendable {
        var cached: [UInt8] = []
        var durable: [UInt8] = []
        /// Bytes that the disk does not give back, until the file is gone.
        var unreadable: Range<Int>?
        /// Bytes set aside beyond those that are held here, all NUL; as good as durable.
        private var reserved = 0
        /// Sectors of the cache that were written since the last sync.
        private var dirty: Set<Int> = []

        private static let sectorBytes = 512

        init(cached: [UInt8] = [], durable: [UInt8] = []) {
            self.cached = cached
            self.durable = durable
        }
    }
}

extension MemoryDisk.FileData {
    var size: Int { max(cached.count, reserved) }

    /// Makes the file this long without holding its bytes: a reserve of 16 MiB costs nothing.
    mutating func allocate(_ size: Int) { reserved = max(reserved, size) }

    mutating func flip(bit: Int) {
        let mask = UInt8(1) << UInt8(bit % 8)
        if cached.indices.contains(bit / 8) { cached[bit / 8] ^= mask }
        if durable.indices.contains(bit / 8) { durable[bit / 8] ^= mask }
    }

    mutating func write(_ bytes: some RandomAccessCollection<UInt8>, at offset: Int) {
        guard !bytes.isEmpty, offset >= 0 else { return }
        let end = offset + bytes.count
        if end > cached.count { grow(to: end) }
        cached.replaceSubrange(offset..<end, with: bytes)
        touch(offset..<end)
    }

    mutating func truncate(to size: Int) {
        if reserved > 0 {
            reserved = size
            guard size < cached.count else { return }
        }
        if size >= cached.count {
            grow(to: size)
        } else {
            cached.removeLast(cached.count - size)
            // The new length too waits for a sync.
            touch(max(0, size - 1)..<max(1, size))
        }
    }

    mutating func synchronize() {
        resizeDurable(to: cached.count)
        for sector in dirty { copy(sector) }
        dirty = []
    }

    /// After a failed sync: the kernel takes the bytes for clean, though the disk has not got them.
    mutating func dropDirt() { dirty = [] }

    mutating func losePower(using generator: inout some RandomNumberGenerator) {
        if !dirty.isEmpty {
            let sizes = [durable.count, cached.count]
            let between = Int.random(
                in: min(sizes[0], sizes[1])...max(sizes[0], sizes[1]),
                using: &generator
            )
            resizeDurable(to: (sizes + [between])[Int.random(in: 0..<3, using: &generator)])
            for sector in dirty.sorted() where Bool.random(using: &generator) { copy(sector) }
        }
        dirty = []
        cached = durable
    }

    private mutating func grow(to size: Int) {
        let old = cached.count
        cached.append(contentsOf: repeatElement(0, count: size - old))
        if size > old { touch(old..<size) }
    }

    private mutating func touch(_ range: Range<Int>) {
        let first = range.lowerBound / Self.sectorBytes
        let last = (range.upperBound - 1) / Self.sectorBytes
        for sector in first...last { dirty.insert(sector) }
    }

    private mutating func resizeDurable(to size: Int) {
        if size < durable.count {
            durable.removeLast(durable.count - size)
        } else {
            durable.append(contentsOf: repeatElement(0, count: size - durable.count))
        }
    }

    private mutating func copy(_ sector: Int) {
        let start = sector * Self.sectorBytes
        let end = min(start + Self.sectorBytes, cached.count, durable.count)
        if start < end { durable.replaceSubrange(start..<end, with: cached[start..<end]) }
    }
}
