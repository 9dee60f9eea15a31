import Replication
import Storage
import TestSupport
import Testing

/// The parts that a node is made of, each as a value.
@Suite struct NodePartsTests {
    private func instant(_ seconds: Int64) -> Instant {
        Instant(nanoseconds: seconds * 1_000_000_000)
    }

    private func cache(_ count: Int, maximumBytes: Int = 1 << 20) -> EntryCache {
        var cache = EntryCache(after: LogIndex(10), maximumBytes: maximumBytes)
        for number in 0..<count { cache.append(Array("line \(11 + number)".utf8)) }
        return cache
    }

    private func line(_ index: Int) -> [UInt8] { Array("line \(index)".utf8) }

    @Test @Aside func `the cache gives lines by index`() {
        let cache = cache(5)
        #expect(cache.last == LogIndex(15))
        #expect(cache[LogIndex(10)] == nil && cache[LogIndex(16)] == nil)
        #expect(cache[LogIndex(11)] == line(11) && cache[LogIndex(15)] == line(15))
        #expect(cache.lines(in: LogIndex(12)...LogIndex(13)) == [line(12), line(13)])
        #expect(cache.lines(in: LogIndex(10)...LogIndex(13)) == nil)
        #expect(cache.lines(in: LogIndex(15)...LogIndex(16)) == nil)
    }

    @Test @Aside func `what was truncated is not in the cache, even when it is written again`() {
        var cache = cache(5)
        cache.truncate(after: LogIndex(12))
        #expect(cache.last == LogIndex(12))
        cache.append(Array("other".utf8))
        #expect(cache[LogIndex(13)] == Array("other".utf8))
        cache.truncate(after: LogIndex(8))
        #expect(cache.last == LogIndex(8) && cache.before == LogIndex(8))
    }

    @Test @Aside func `trimming keeps the limit, and never drops what is not applied`() {
        var cache = cache(5_000, maximumBytes: 100)
        cache.trim(through: LogIndex(4_000))
        #expect(cache.before == LogIndex(4_000) && cache[LogIndex(4_001)] == line(4_001))
        cache.trim(through: LogIndex(5_010))
        #expect(cache.last == LogIndex(5_010) && cache[LogIndex(5_010)] == line(5_010))
        #expect(cache.before.value > 4_990)
        cache.truncate(after: LogIndex(5_005))
        #expect(cache.last == LogIndex(5_005) && cache[LogIndex(5_005)] == line(5_005))
        cache.append(Array("other".utf8))
        #expect(cache[LogIndex(5_006)] == Array("other".utf8))
    }

    private func record(_ table: inout ExactlyOnce, _ index: UInt64, atHour hour: Int64) {
        table.record(
            ExactlyOnce.Record(index: LogIndex(index), request: "r", output: []),
            of: RequestIdentity(by: "ann", key: "\(index)"),
            at: Timestamp(milliseconds: hour * 3_600_000)
        )
    }

    @Test @Aside
    func `the table forgets the oldest keys by number and by age, and says up to where`() {
        var limits = ExactlyOnce.Limits()
        limits.count = 3
        var table = ExactlyOnce(limits: limits)
        for index in 1...5 as ClosedRange<UInt64> { record(&table, index, atHour: 0) }
        #expect(table.count == 3 && table.floor == LogIndex(2))
        #expect(table[RequestIdentity(by: "ann", key: "2")] == nil)
        #expect(table[RequestIdentity(by: "ann", key: "3")]?.index == LogIndex(3))
        #expect(table[RequestIdentity(by: "bob", key: "3")] == nil)
        record(&table, 6, atHour: 24)
        #expect(table.floor == LogIndex(3))
        record(&table, 7, atHour: 25)
        #expect(table.count == 2 && table.floor == LogIndex(5))
    }

    @Test @Aside func `the window of events counts entries, and knows what it no longer holds`() {
        var events = EventLog<String>(entries: 2)
        events.append(["a", "b", "c"], of: LogIndex(1))
        events.append(["d"], of: LogIndex(2))
        #expect(events.floor == .zero && events.count == 4)
        #expect(events.holdsAll(after: EventID(index: .zero, number: 0)))
        events.append(["e"], of: LogIndex(3))
        #expect(events.floor == LogIndex(1) && events.count == 2)
        // The other events of the entry at the floor are gone too.
        #expect(!events.holdsAll(after: EventID(index: LogIndex(1), number: 0)))
        #expect(events.holdsAll(after: .end(of: LogIndex(1))))
        #expect(events.holdsAll(after: EventID(index: LogIndex(2), number: 0)))
        #expect(events.offset(after: .end(of: LogIndex(1))) == 0)
        #expect(events.offset(after: EventID(index: LogIndex(2), number: 0)) == 1)
        #expect(events.offset(after: .end(of: LogIndex(9))) == 2)
    }

    @Test @Aside func `pitfall 56: an entry evicts a few keys, however many are due`() {
        var table = ExactlyOnce()
        for index in 1...10_000 as ClosedRange<UInt64> { record(&table, index, atHour: 0) }
        record(&table, 10_001, atHour: 25)
        #expect(table.count == 9_997 && table.floor == LogIndex(4))
        // What is due and still here is found: on every node, for the table is the same.
        #expect(table[RequestIdentity(by: "ann", key: "5")]?.index == LogIndex(5))
        for index in 10_002...13_334 as ClosedRange<UInt64> { record(&table, index, atHour: 25) }
        #expect(table.floor == LogIndex(10_000) && table.count == 3_334)
    }

    @Test @Aside func `pitfall 56: an append evicts a few entries' events, however many are due`() {
        var events = EventLog<UInt64>(entries: 5)
        for index in 1...5 as ClosedRange<UInt64> {
            events.append([UInt64](repeating: index, count: 300), of: LogIndex(index))
        }
        // Entries without events do not evict: at once all are due.
        events.append([], of: LogIndex(100))
        #expect(events.count == 900 && events.floor == LogIndex(2))
        #expect(!events.holdsAll(after: EventID(index: LogIndex(2), number: 0)))
        #expect(events.holdsAll(after: .end(of: LogIndex(2))))
        events.append([7], of: LogIndex(101))
        #expect(events.count == 301 && events.floor == LogIndex(4))
        events.append([], of: LogIndex(102))
        #expect(events.count == 1 && events.floor == LogIndex(97))
        // One entry's events go together.
        events.append([UInt64](repeating: 1, count: 2_000), of: LogIndex(103))
        events.append([8], of: LogIndex(108))
        #expect(events.count == 1 && events.floor == LogIndex(103))
    }

    @Test @Aside func `an event's id is read as it is written, and nothing else is`() {
        let id = EventID(index: LogIndex(42), number: 3)
        #expect(id.description == "1-42.3" && EventID("1-42.3") == id)
        for text in [
            "", "1", "1-", "1-42", "1-42.", "-42.3", "1-42.-3", "1-42.3.4", "1-2-3.4", "a-b.c",
            "+1-42.3", "1-+42.3", "1-42.+3",
        ] {
            #expect(EventID(text) == nil, "\(text)")
        }
        #expect(EventID("1-18446744073709551616.0") == nil)
    }

    private let names = ["n1", "n2", "n3"].map { NodeIdentity(id: $0, incarnation: "0") }

    private func median(_ clocks: [Int64?], own: Int64, aged seconds: Int64 = 0) -> Int64? {
        var clock = ClusterClock(patience: .seconds(10))
        let start = Moment(instant: instant(100), wall: Timestamp(milliseconds: own))
        for (name, wall) in zip(names.dropFirst(), clocks) {
            guard let wall else { continue }
            clock.note(Timestamp(milliseconds: wall), of: name, at: start)
        }
        let membership = Membership(
            incoming: names.map { Member(identity: $0, peerAddress: "", clientAddress: "") }
        )
        let now = Moment(instant: instant(100 + seconds), wall: start.wall)
        return clock.median(of: membership, own: names[0], at: now)?.milliseconds
    }

    @Test @Aside func `the time is the median of the voters' clocks, and of two the lower`() {
        #expect(median([200, 300], own: 100) == 200)
        #expect(median([200, 300], own: 1_000_000) == 300)
        #expect(median([500, nil], own: 900) == 500)
        #expect(median([nil, nil], own: 900) == nil)
        #expect(median([900_000, 900_000], own: 1, aged: 10) == 910_000)
    }

    private func request(_ ticket: UInt64, until second: Int64) -> PendingRequests.Request {
        PendingRequests.Request(
            ticket: Ticket(ticket),
            proposal: Proposal(by: "ann", key: "\(ticket)", request: "", operation: []),
            secret: nil,
            deadline: instant(second)
        )
    }

    @Test @Aside func `the window of requests keeps their order, and ends the oldest first`() {
        var pending = PendingRequests()
        for ticket in 1...3_000 as ClosedRange<UInt64> {
            pending.append(request(ticket, until: Int64(ticket)))
        }
        for ticket in 1...2_997 as ClosedRange<UInt64> where ticket % 2 == 0 {
            #expect(pending.remove(Ticket(ticket)) != nil)
        }
        #expect(pending.remove(Ticket(2)) == nil)
        for _ in 0..<1_498 { #expect(pending.removeExpired(at: instant(2_995)) != nil) }
        #expect(pending.removeExpired(at: instant(2_996)) == nil)
        // One that is too old to be answered is passed by.
        let next = pending.handOut(within: .max, at: instant(2_997))
        #expect(next?.ticket == Ticket(2_998))
        #expect(pending.inOrder.map(\.ticket.value) == [2_997, 2_998, 2_999, 3_000])
        #expect(pending.inOrder.map(\.handOvers) == [0, 1, 0, 0])
        #expect(pending.nextDeadline == instant(2_997) && pending.count == 4)
    }

    @Test @Aside func `requests are handed out in order, as many as may be without an answer`() {
        var pending = PendingRequests()
        for ticket in 1...5 as ClosedRange<UInt64> { pending.append(request(ticket, until: 9)) }
        let window = 2 * request(1, until: 9).proposal.estimatedBytes
        func handOut(_ now: Int64 = 0) -> UInt64? {
            pending.handOut(within: window, at: instant(now))?.ticket.value
        }
        var out = [handOut(), handOut(), handOut()]
        #expect(out == [1, 2, nil])
        // An answer makes room for the next, one that comes for what was never out does not.
        for ticket in [2, 5] as [UInt64] { _ = pending.remove(Ticket(ticket)) }
        out = [handOut(), handOut()]
        #expect(out == [3, nil])
        // Another leader: all again, in order.
        pending.takeBack()
        out = [handOut(), handOut(), handOut()]
        #expect(out == [1, 3, nil])
        for ticket in [1, 3] as [UInt64] { _ = pending.remove(Ticket(ticket)) }
        #expect(pending.inOrder.map(\.handOvers) == [0])
        out = [handOut(9), handOut()]
        #expect(out == [nil, nil])
    }

    @Test @Aside func `what waits is bounded in bytes as well as in number`() {
        var budget = IntakeBudget(count: 3, bytes: 10_000)
        var taken = [(1, 5_000), (2, 5_000), (2, 100), (3, 100), (4, 0)].map { ticket, bytes in
            budget.take(Ticket(UInt64(ticket)), bytes: bytes)
        }
        #expect(taken == [true, false, true, true, false])
        for _ in 0..<2 { budget.release(Ticket(1)) }
        #expect(budget.count == 2 && budget.bytes == 200 + 2 * IntakeBudget.overheadBytes)
        taken = [budget.take(Ticket(4), bytes: 5_000)]
        #expect(taken == [true])
    }

    private func query(_ ticket: UInt64) -> ReadWaiters.Purpose { .query(Ticket(ticket)) }

    @Test @Aside func `a read waits for a question that was asked after it came`() {
        var reads = ReadWaiters(after: .max)
        reads.gather(query(1), deadline: instant(5))
        let first = reads.begin(at: instant(0))
        reads.gather(query(2), deadline: instant(6))
        #expect(!reads.mayAsk && reads.isAsking(first))
        reads.answered(first &+ 1, LogIndex(1))
        reads.answered(first, LogIndex(7))
        #expect(reads.mayAsk)
        #expect(reads.ready(applied: LogIndex(6)) == [])
        #expect(reads.ready(applied: LogIndex(7)) == [query(1)])
        let second = reads.begin(at: instant(1))
        reads.answered(first, LogIndex(7))
        #expect(reads.isAsking(second) && second != first)
    }

    @Test @Aside func `a question without an answer is asked again for all that waited`() {
        var reads = ReadWaiters(after: 0)
        reads.gather(query(1), deadline: instant(5))
        let first = reads.begin(at: instant(0))
        reads.gather(query(2), deadline: instant(6))
        #expect(!reads.isLate(at: instant(2), after: .seconds(3)))
        #expect(reads.isLate(at: instant(3), after: .seconds(3)))
        reads.askAgain()
        #expect(reads.nextDeadline == instant(5))
        let second = reads.begin(at: instant(3))
        reads.answered(first, LogIndex(1))
        #expect(reads.ready(applied: LogIndex(9)) == [])
        reads.answered(second, LogIndex(2))
        #expect(reads.ready(applied: LogIndex(9)) == [query(1), query(2)])
    }

    @Test @Aside func `reads expire wherever they wait`() {
        var reads = ReadWaiters(after: 0)
        reads.gather(query(1), deadline: instant(1))
        reads.answered(reads.begin(at: instant(0)), LogIndex(9))
        reads.gather(query(2), deadline: instant(2))
        _ = reads.begin(at: instant(0))
        reads.gather(query(3), deadline: instant(3))
        #expect(reads.nextDeadline == instant(1))
        #expect(reads.removeExpired(at: instant(0)) == [])
        #expect(Set(reads.removeExpired(at: instant(2))) == [query(1), query(2)])
        #expect(reads.removeExpired(at: instant(3)) == [query(3)])
        #expect(reads.nextDeadline == nil)
    }

    @Test @Aside func `pitfall 56: an applied entry completes reads, and does not scan them`() {
        var reads = ReadWaiters(after: 0)
        let count: UInt64 = 20_000
        // The later one came, the earlier the index that it waits for.
        for ticket in 1...count {
            reads.wait(query(ticket), for: LogIndex(1 + count - ticket), deadline: instant(9))
        }
        for ticket in 1...count { reads.gather(query(count + ticket), deadline: instant(9)) }
        reads.answered(reads.begin(at: instant(0)), LogIndex(count + 1))
        let start = SystemClock.now()
        for index in 1...count {
            #expect(reads.ready(applied: LogIndex(index)) == [query(1 + count - index)])
        }
        // Generous: a scan of all for each entry takes a minute here.
        #expect(SystemClock.now() - start < .seconds(20))
        #expect(reads.ready(applied: LogIndex(count + 1)).count == Int(count))
        #expect(reads.nextDeadline == nil)
    }

    @Test @Aside func `reads that wait for entries of their choice go by index and expire by age`()
    {
        var reads = ReadWaiters(after: 0)
        reads.wait(query(1), for: LogIndex(9), deadline: instant(1))
        reads.wait(query(2), for: LogIndex(5), deadline: instant(2))
        reads.wait(query(3), for: LogIndex(7), deadline: instant(3))
        #expect(reads.ready(applied: LogIndex(6)) == [query(2)])
        #expect(reads.nextDeadline == instant(1))
        #expect(reads.removeExpired(at: instant(1)) == [query(1)])
        #expect(reads.nextDeadline == instant(3))
        #expect(reads.removeExpired(at: instant(2)) == [])
        #expect(reads.ready(applied: LogIndex(7)) == [query(3)])
        #expect(reads.nextDeadline == nil)
    }
}
