import Storage
import TestSupport
import Testing

@testable import Replication

/// When an answer may be made.
@Suite struct AnswerRoomTests {
    private let start = Instant(nanoseconds: 0)
    private let limits = FrontLimits()

    @Test @Aside func `a connection is answered while less than 1 MiB of its answers waits`() {
        let room = AnswerRoom(limits)
        #expect(room.allows(0) && room.allows(1 << 20) && !room.allows(1 << 20 + 1))
        #expect(room.allowsReading(1 << 20) && !room.allowsReading(1 << 20 + 1))
    }

    @Test @Aside func `all connections share one bound, and the first answer goes before others`() {
        var room = AnswerRoom(limits)
        room.replace(0, by: limits.sharedBytes + 1)
        #expect(room.isShort && room.allows(0) && !room.allows(1))
        #expect(!room.allowsReading(1 << 20) && room.allowsReading(1 << 16))
        room.replace(limits.sharedBytes + 1, by: limits.maximumSharedBytes + 1)
        #expect(room.isFull && !room.allows(0))
        room.replace(limits.maximumSharedBytes + 1, by: 0)
        #expect(!room.isShort && room.allows(1 << 20))
    }

    @Test @Aside func `a turn makes so many bytes of answers, and takes so much time for them`() {
        var room = AnswerRoom(limits)
        var turns = [room.hasTurn(at: start)]
        room.made(limits.turnBytes - 1)
        turns.append(room.hasTurn(at: start))
        room.made(1)
        turns.append(room.hasTurn(at: start))
        room.endTurn()
        turns.append(room.hasTurn(at: start))
        turns.append(room.hasTurn(at: start + limits.turnTime))
        #expect(turns == [true, true, false, true, false])
    }
}
