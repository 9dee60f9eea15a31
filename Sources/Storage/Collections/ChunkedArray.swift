/// An array in chunks, of which a copy costs nothing and a write after a copy one chunk.
///
/// Chunks hold 512 elements, or as many as fit 64 KiB if that is fewer. They hang under blocks of
/// 256 chunks each, so that a write after a copy copies one chunk, one block of references and the
/// list of blocks (80 references for ten million elements). Indices count from 0 and move when
/// elements are removed at the front.
public struct ChunkedArray<Element: Sendable>: Sendable {
    /// Elements of a chunk as a power of two; all chunks but the last are full.
    @usableFromInline
    let chunkShift: Int
    /// Blocks of chunks.
    ///
    /// Chunks before ``start`` are emptied and stay until their block goes.
    @usableFromInline
    var blocks: [[[Element]]] = []
    /// Removed elements at the front of the first block.
    @usableFromInline
    var start = 0

    @usableFromInline
    var elementCount = 0

    /// Number of elements.
    @inlinable
    public var count: Int { elementCount }

    /// Creates an empty array.
    @inlinable
    public init() {
        let fitting = Swift.max(
            1,
            Swift.min(512, 65536 / Swift.max(1, MemoryLayout<Element>.stride))
        )
        chunkShift = Int.bitWidth - 1 - fitting.leadingZeroBitCount
    }

    /// Creates an array of `elements`.
    ///
    /// - Complexity: O(*n*).
    @inlinable
    public init(_ elements: some Sequence<Element>) {
        self.init()
        append(contentsOf: elements)
    }

    /// Adds an element at the end.
    ///
    /// - Complexity: O(1) amortized; one chunk and the lists above it after a copy.
    @inlinable
    public mutating func append(_ element: Element) {
        let (block, chunk, offset) = place(count)
        if block == blocks.count { blocks.append([]) }
        if chunk == blocks[block].count { blocks[block].append([]) }
        assert(offset == blocks[block][chunk].count)
        blocks[block][chunk].append(element)
        elementCount += 1
    }

    /// Adds elements at the end.
    ///
    /// - Complexity: O(*k*) for *k* elements.
    @inlinable
    public mutating func append(contentsOf elements: some Sequence<Element>) {
        for element in elements { append(element) }
    }

    /// Removes and gives the last element.
    ///
    /// - Complexity: O(1); one chunk and the lists above it after a copy.
    @discardableResult
    @inlinable
    public mutating func popLast() -> Element? {
        guard count > 0 else { return nil }
        let (block, chunk, _) = place(count - 1)
        let element = blocks[block][chunk].removeLast()
        if blocks[block][chunk].isEmpty { blocks[block].removeLast() }
        if blocks[block].isEmpty { blocks.removeLast() }
        elementCount -= 1
        if count == 0 { removeAll() }
        return element
    }

    /// Removes and gives the first element.
    ///
    /// - Complexity: As ``removeFirst(_:)`` of one.
    @discardableResult
    @inlinable
    public mutating func popFirst() -> Element? {
        guard let first else { return nil }
        removeFirst(1)
        return first
    }

    /// Removes the first `removed` elements, at most all; the others' indices fall by as many.
    ///
    /// The memory of a chunk is given back once its last element is removed, so up to one chunk of
    /// removed elements stays in memory.
    ///
    /// - Complexity: O(*r* / 512) amortized for *r* removed ones, plus the lists above a chunk.
    @inlinable
    public mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0, "cannot remove \(removed) elements")
        guard removed < count else { return removeAll() }
        let before = start >> chunkShift
        start += removed
        elementCount -= removed
        let wholeBlocks = start >> blockShift
        blocks.removeFirst(wholeBlocks)
        start -= wholeBlocks << blockShift
        let emptied = wholeBlocks == 0 ? before : 0
        for chunk in emptied..<(start >> chunkShift) { blocks[0][chunk] = [] }
    }

    /// Removes all elements.
    @inlinable
    public mutating func removeAll() { self = ChunkedArray() }

    /// Elements of a block as a power of two: 256 chunks.
    @inlinable
    var blockShift: Int { chunkShift + 8 }

    /// Where the element at `index` stands, or will stand for an index at the end.
    @inlinable
    func place(_ index: Int) -> (block: Int, chunk: Int, offset: Int) {
        let position = start + index
        return (
            position >> blockShift, position >> chunkShift & 0xFF,
            position & (1 << chunkShift - 1)
        )
    }
}

extension ChunkedArray: RandomAccessCollection, MutableCollection {
    /// 0.
    @inlinable
    public var startIndex: Int { 0 }
    /// The number of elements.
    @inlinable
    public var endIndex: Int { count }

    /// The element at `index`, which must be within bounds; it is changed in place.
    ///
    /// - Complexity: O(1); writing copies one chunk and the lists above it after a copy.
    @inlinable
    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "index \(index) of \(count)")
            let (block, chunk, offset) = place(index)
            return blocks[block][chunk][offset]
        }
        _modify {
            precondition(index >= 0 && index < count, "index \(index) of \(count)")
            let (block, chunk, offset) = place(index)
            yield &blocks[block][chunk][offset]
        }
    }
}
