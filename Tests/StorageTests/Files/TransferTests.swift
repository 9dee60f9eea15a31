import Storage
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Calls that do less than they were asked for.
@Suite struct TransferTests {
    @Test @DiskAside func `a signal and a short call are gone on from`() throws {
        var answers = [-1, 3, -1, -1, 1, 6]
        var asked: [Int] = []
        let done = try Transfer.run(10, "write", "/a") { done in
            asked.append(done)
            errno = EINTR
            return answers.removeFirst()
        }
        #expect(done == 10 && asked == [0, 0, 3, 3, 3, 4])
    }

    @Test @DiskAside func `what follows a short call tells why it was short`() {
        var answers = [3, -1]
        #expect(throws: FileError(.noSpace(.disk), call: "write", path: "/a")) {
            _ = try Transfer.run(10, "write", "/a") { _ in
                errno = ENOSPC
                return answers.removeFirst()
            }
        }
    }

    @Test @DiskAside func `a call that does nothing ends it`() throws {
        var answers = [3, 0]
        let done = try Transfer.run(10, "read", "/a") { _ in answers.removeFirst() }
        #expect(done == 3)
    }

    @Test(arguments: [
        (ENOSPC, FileError.SpaceLimit.disk), (EDQUOT, .quota), (EFBIG, .fileSize),
        (EMFILE, .descriptors), (ENFILE, .descriptors),
    ])
    @DiskAside func `what is used up is told apart`(code: CInt, limit: FileError.SpaceLimit) {
        #expect(throws: FileError(.noSpace(limit), call: "write", path: "/a")) {
            _ = try Transfer.run(1, "write", "/a") { _ in
                errno = code
                return -1
            }
        }
    }
}
