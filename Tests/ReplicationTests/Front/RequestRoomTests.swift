import Storage
import TestSupport
import Testing

@testable import Replication

/// Who may send a large request, and who waits.
@Suite struct RequestRoomTests {
    private let start = Instant(nanoseconds: 0)

    /// Which of these may go on, by number, each with a request of so many bytes.
    private func take(_ wishes: [(UInt64, Int)], of room: inout RequestRoom) -> [UInt64] {
        wishes.filter { room.take($0.1, for: PollKey($0.0), at: start) }.map(\.0)
    }

    /// Those whose turn it is now.
    private func next(_ room: inout RequestRoom) -> [UInt64] {
        var keys: [UInt64] = []
        while let key = room.next(at: start) { keys.append(key.value) }
        return keys
    }

    @Test @Aside func `requests share one room, and come in the order of asking`() {
        var room = RequestRoom(bytes: 100)
        // The small one that came later does not pass.
        let first = take([(1, 60), (2, 50), (3, 10)], of: &room)
        #expect(first == [1])
        var keys = next(&room)
        #expect(keys == [] && room.isWanted(by: PollKey(2)) && room.isWanted(by: PollKey(3)))
        room.giveBack(PollKey(1))
        keys = next(&room)
        #expect(keys == [2, 3] && !room.isWanted)
    }

    @Test @Aside func `a request that is larger than the room has it alone`() {
        var room = RequestRoom(bytes: 100)
        let first = take([(1, 500), (2, 1)], of: &room)
        #expect(first == [1])
        room.giveBack(PollKey(1))
        let keys = next(&room)
        #expect(keys == [2])
    }

    @Test @Aside func `a connection that ends while it waits leaves its place to others`() {
        var room = RequestRoom(bytes: 100)
        let first = take([(1, 100), (2, 100), (3, 100)], of: &room)
        #expect(first == [1])
        var keys = next(&room)
        #expect(keys == [])
        room.giveBack(PollKey(2))
        room.giveBack(PollKey(1))
        keys = next(&room)
        #expect(keys == [3])
    }

    @Test @Aside func `only while others wait, a request has no time without end`() {
        var room = RequestRoom(bytes: 100)
        _ = take([(1, 100)], of: &room)
        let later = start + .seconds(20)
        #expect(room.late(at: later, after: .seconds(10)) == [])
        _ = take([(2, 1)], of: &room)
        #expect(room.late(at: later, after: .seconds(10)) == [PollKey(1)])
        #expect(room.late(at: start + .seconds(10), after: .seconds(10)) == [])
    }
}
