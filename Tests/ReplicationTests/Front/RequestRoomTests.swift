import Storage
import TestSupport
import Testing

@testable import Replication

/// Who may send a large request, and who waits.
@Suite struct RequestRoomTests {
    private let start = Instant(nanoseconds: 0)

    @Test @Aside func `requests share one room, and come in the order of asking`() {
        var room = RequestRoom(bytes: 100)
        #expect(room.take(60, for: PollKey(1), at: start))
        #expect(!room.take(50, for: PollKey(2), at: start))
        // A small one that came later does not pass.
        #expect(!room.take(10, for: PollKey(3), at: start))
        #expect(room.next(at: start) == nil)
        #expect(room.isWanted(by: PollKey(2)) && room.isWanted(by: PollKey(3)))
        room.giveBack(PollKey(1))
        #expect(room.next(at: start) == PollKey(2))
        #expect(room.next(at: start) == PollKey(3))
        #expect(room.next(at: start) == nil && !room.isWanted)
    }

    @Test @Aside func `a request that is larger than the room has it alone`() {
        var room = RequestRoom(bytes: 100)
        #expect(room.take(500, for: PollKey(1), at: start))
        #expect(!room.take(1, for: PollKey(2), at: start))
        room.giveBack(PollKey(1))
        #expect(room.next(at: start) == PollKey(2))
    }

    @Test @Aside func `a connection that ends while it waits leaves its place to others`() {
        var room = RequestRoom(bytes: 100)
        #expect(room.take(100, for: PollKey(1), at: start))
        #expect(!room.take(100, for: PollKey(2), at: start))
        #expect(!room.take(100, for: PollKey(3), at: start))
        #expect(room.next(at: start) == nil)
        room.giveBack(PollKey(2))
        room.giveBack(PollKey(1))
        #expect(room.next(at: start) == PollKey(3))
    }

    @Test @Aside func `only while others wait, a request has no time without end`() {
        var room = RequestRoom(bytes: 100)
        #expect(room.take(100, for: PollKey(1), at: start))
        let later = start + .seconds(20)
        #expect(room.late(at: later, after: .seconds(10)) == [])
        #expect(!room.take(1, for: PollKey(2), at: later))
        #expect(room.late(at: later, after: .seconds(10)) == [PollKey(1)])
        #expect(room.late(at: start + .seconds(10), after: .seconds(10)) == [])
    }
}
