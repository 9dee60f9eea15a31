import Replication
import Storage
import TestSupport
import Testing

/// An actor on a loop: what the replica is, without its work.
private actor LoopCounter {
    let loop: EventLoop
    private var turns = 0
    private var count = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    init() throws { loop = try EventLoop() }

    nonisolated func start() {
        loop.start { [self] _ in
            assumeIsolated { counter in
                counter.turns += 1
                return nil
            }
        }
    }

    func add() -> Int {
        loop.checkIsolated()
        count += 1
        return count
    }

    func turnsSoFar() -> Int { turns }
}

@Suite(.timeLimit(.minutes(20))) struct EventLoopTests {
    @Test func `jobs of the actor run on the loop's thread, one after the other`() async throws {
        let counter = try LoopCounter()
        counter.start()
        let last = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { await counter.add() } }
            return await group.reduce(0, max)
        }
        #expect(last == 200)
        counter.loop.close()
    }

    @Test func `the test's own thread is not the loop's`() async throws {
        let loop = try EventLoop()
        #expect(loop.isIsolatingCurrentContext() == false)
        await #expect(processExitsWith: .failure) { try EventLoop().checkIsolated() }
    }

    @Test func `a call after the end is answered`() async throws {
        let counter = try LoopCounter()
        counter.start()
        #expect(await counter.turnsSoFar() >= 0)
        counter.loop.close()
        var answers: [Int] = []
        for _ in 0..<100 { answers.append(await counterAnswer(counter)) }
        #expect(answers == Array(1...100))
    }

    /// Past the end jobs run on a queue, where `checkIsolated` would trap.
    private func counterAnswer(_ counter: LoopCounter) async -> Int { await counter.addUnchecked() }

    @Test func `pitfall 46: calls that race with the end are all answered, each once`() async throws
    {
        for _ in 0..<20 {
            let counter = try LoopCounter()
            counter.start()
            let answers = await withTaskGroup(of: Int.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        if number == 25 { counter.loop.close() }
                        return await counter.addUnchecked()
                    }
                }
                return await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(answers == Set(1...50))
        }
    }

    @Test func `a loop that never ran answers once it is closed`() async throws {
        let counter = try LoopCounter()
        async let answer = counter.addUnchecked()
        counter.loop.close()
        #expect(await answer == 1)
    }

    @Test @Aside func `a turn comes by its deadline and after a wake`() throws {
        let loop = try EventLoop()
        var moments: [Instant] = []
        loop.run { _ in
            let now = SystemClock.now()
            moments.append(now)
            switch moments.count {
            case 1: return now + .milliseconds(20)
            case 2:
                loop.wake()
                return nil
            default:
                loop.close()
                return nil
            }
        }
        #expect(moments.count == 3)
        #expect(moments[1] - moments[0] >= .milliseconds(20))
    }

    @Test @Aside func `a wake from another thread ends the wait`() throws {
        let loop = try EventLoop()
        let turns = Mailbox<Instant>()
        loop.start { _ in
            turns.push(SystemClock.now())
            return nil
        }
        for _ in 0..<5 {
            loop.wake()
            // It blocks: a task that yields waits for whatever else keeps the pool's threads.
            #expect(turns.takeAll(waiting: .seconds(120))?.isEmpty == false)
        }
        loop.close()
    }
}

extension LoopCounter {
    fileprivate func addUnchecked() -> Int {
        count += 1
        return count
    }
}
