import Storage
import TestSupport
import Testing

@testable import Replication

@Suite struct SnapshotWindowTests {
    private static let start = Instant(nanoseconds: 0)

    private static func window(pieces: Int = 8, bytes: Int = 1_000) -> SnapshotWindow {
        var limits = SnapshotWindow.Limits()
        (limits.pieceBytes, limits.pieces, limits.bytes) = (100, pieces, bytes)
        return SnapshotWindow(limits)
    }

    /// Sends pieces while there is room.
    private func fill(_ window: inout SnapshotWindow, _ bytes: Int = 100, at now: Instant = start)
        -> Int
    {
        var count = 0
        while window.hasRoom {
            window.sent(bytes: bytes, at: now)
            count += 1
        }
        return count
    }

    @Test func `answers that come soon let more on their way, up to a number`() {
        var window = Self.window()
        var counts: [Int] = []
        for _ in 0..<5 {
            counts.append(fill(&window))
            #expect(window.acknowledge(window.next, at: Self.start) == true)
            #expect(window.isEmpty)
        }
        #expect(counts == [1, 2, 4, 8, 8])
    }

    @Test func `bytes on their way are bounded, but for one piece`() {
        var window = Self.window(bytes: 350)
        for _ in 0..<4 {
            _ = fill(&window)
            _ = window.acknowledge(window.next, at: Self.start)
        }
        #expect(fill(&window) == 3)
        _ = window.acknowledge(window.next, at: Self.start)
        #expect(fill(&window, 5_000) == 1)
    }

    @Test func `answers that come late let half as many on their way, at least one`() {
        var window = Self.window()
        for _ in 0..<4 {
            _ = fill(&window)
            _ = window.acknowledge(window.next, at: Self.start)
        }
        var counts: [Int] = []
        for second in 0..<5 as Range<Int64> {
            counts.append(fill(&window, at: Instant(nanoseconds: second * 1_000_000_000)))
            let late = Instant(nanoseconds: second * 1_000_000_000 + 600_000_000)
            #expect(window.acknowledge(window.next, at: late) == true)
        }
        #expect(counts == [8, 4, 2, 1, 1])
    }

    @Test func `the same answer again changes nothing`() {
        var window = Self.window()
        _ = fill(&window)
        #expect(window.acknowledge(0, at: Self.start) == false)
        #expect(window.next == 100 && !window.isEmpty)
    }

    @Test(arguments: [0, 50, 250, 900])
    func `what the member has counts, wherever a piece ends`(offset: Int) {
        var window = Self.window()
        _ = fill(&window)
        _ = window.acknowledge(100, at: Self.start)
        #expect(fill(&window) == 2)
        #expect(window.acknowledge(offset, at: Self.start) == true)
        #expect(window.isEmpty && window.next == offset && window.acknowledged == offset)
    }

    @Test func `after silence all is sent again, at first one piece`() {
        var window = Self.window()
        for _ in 0..<3 {
            _ = fill(&window)
            _ = window.acknowledge(window.next, at: Self.start)
        }
        #expect(fill(&window) == 8)
        window.restart()
        #expect(window.next == 700 && window.isEmpty)
        #expect(fill(&window) == 1)
    }

    /// Offers pieces of these lengths at these offsets.
    ///
    /// - Returns: Which were taken.
    private func offer(_ offers: [(bytes: Int, offset: Int)], to pieces: inout PiecesArriving)
        -> [Bool]
    {
        offers.map { pieces.take($0.bytes, at: $0.offset) }
    }

    @Test func `pieces arrive in order, and the file's word counts`() {
        var pieces = PiecesArriving(from: 0, maximumBytes: 300)
        #expect(!pieces.isWriting)
        let first: [(bytes: Int, offset: Int)] = [
            (100, 100), (100, 0), (100, 100), (100, 100), (100, 300), (100, 200), (1, 300),
        ]
        #expect(offer(first, to: &pieces) == [false, true, true, false, false, true, false])
        pieces.wrote(through: 100)
        #expect(offer([(100, 300)], to: &pieces) == [true])
        // The file was removed meanwhile: what is on its way to it is not taken there.
        pieces.wrote(through: 0)
        #expect(pieces.written == 0)
        #expect(offer([(100, 400), (100, 0)], to: &pieces) == [false, true])
        pieces.wrote(through: 0)
        pieces.wrote(through: 0)
        #expect(offer([(100, 100)], to: &pieces) == [true])
        pieces.wrote(through: 100)
        pieces.wrote(through: 200)
        #expect(!pieces.isWriting && pieces.written == 200)
    }

    @Test func `a piece of any length is taken when none is being written`() {
        var pieces = PiecesArriving(from: 0, maximumBytes: 300)
        #expect(offer([(5_000, 0), (1, 5_000)], to: &pieces) == [true, false])
        // An earlier transfer left more.
        pieces.wrote(through: 9_000)
        #expect(offer([(1, 5_000), (1, 9_000)], to: &pieces) == [false, true])
    }
}
