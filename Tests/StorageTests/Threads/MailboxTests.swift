import Storage
import TestSupport
import Testing

@Suite struct MailboxTests {
    @Test @DiskAside func `elements of one thread arrive in order and none is lost`() {
        let mailbox = Mailbox<Int>()
        let thread = spawnThread {
            for number in 0..<10_000 { mailbox.push(number) }
            mailbox.close()
        }
        var taken: [Int] = []
        while let more = mailbox.takeAll() { taken += more }
        thread.join()
        #expect(taken == Array(0..<10_000))
    }

    @Test @DiskAside func `a wait ends when its time is up`() {
        let mailbox = Mailbox<Int>()
        #expect(mailbox.takeAll(waiting: .milliseconds(1)) == [])
        #expect(mailbox.takeAll(waiting: .seconds(-1)) == [])
    }

    @Test @DiskAside func `a closed mailbox refuses and gives what is left`() {
        let mailbox = Mailbox<Int>()
        #expect(mailbox.push(1))
        mailbox.close()
        #expect(!mailbox.push(2))
        #expect(mailbox.takeAll() == [1])
        #expect(mailbox.takeAll() == nil)
    }

    @Test @DiskAside func `a close wakes the one who waits`() {
        let mailbox = Mailbox<Int>()
        let thread = spawnThread { mailbox.close() }
        #expect(mailbox.takeAll() == nil)
        thread.join()
    }
}
