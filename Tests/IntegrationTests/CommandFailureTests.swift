import ChatCore
import ChatOptions
import ChatService
import Replication
import Storage
import Testing
import chat_cli

@Suite struct CommandFailureTests {
    private static func refused(_ status: Int, _ code: String) -> ClusterClientError {
        .refused(status: status, code: code, message: "no")
    }

    @Test(arguments: [
        (refused(400, "message_empty"), ExitCode.badData),
        (refused(400, "request_malformed"), .versionMismatch),
        (refused(401, "session_unknown"), .notPermitted),
        (refused(403, "not_yours"), .notPermitted),
        (refused(404, "user_unknown"), .notFound),
        (refused(409, "name_taken"), .refused),
        (refused(413, "too_large"), .badData),
        (refused(429, "overloaded"), .refused),
        (.outcomeUnknown(key: "k"), .outcomeUnknown),
        (.unavailable(tried: []), .unavailable),
        (.clusterChanged(server: "s", expected: "a", found: "b"), .configuration),
        (.versionMismatch(server: "s", expected: "1", found: "2"), .versionMismatch),
        (.invalidServer("x"), .usage),
    ])
    func `each kind of failure has its exit code`(
        _ error: ClusterClientError,
        _ code: ExitCode
    ) {
        #expect(Failure(ChatClientError.failed(error)).exitCode == code)
    }

    @Test func `an unknown outcome names the key`() {
        let failure = Failure(ChatClientError.failed(.outcomeUnknown(key: "k1")))
        #expect(failure.text.hasSuffix("the same command with --key k1"))
        #expect(failure.json.hasPrefix(#"{"error":{"code":"outcome_unknown","message":"#))
        #expect(failure.json.hasSuffix(#""key":"k1"}}"#))
    }

    @Test func `nobody to ask is told with all that was tried`() {
        let error = ClusterClientError.unavailable(
            tried: [
                .init(server: "a:1", why: "refused"),
                .init(server: "b:2", why: "no_leader", code: "no_leader"),
            ]
        )
        #expect(
            Failure(ChatClientError.failed(error)).text == """
                Error: no leader: 1 of 2 servers answered, and too few can reach each other; nothing was sent or changed.
                  Tried a:1 (refused), b:2 (no_leader).
                """
        )
    }

    @Test func `what a server says has no power over the terminal`() {
        let error = ClusterClientError.refused(status: 404, code: "x", message: "\u{1B}[2J")
        #expect(Failure(ChatClientError.failed(error)).text == #"Error: \u{1B}[2J"#)
    }
}

@Suite struct CommandTextTests {
    @Test(arguments: [
        (0, "1970-01-01 00:00:00Z"), (951_782_399_999, "2000-02-28 23:59:59Z"),
        (951_868_799_000, "2000-02-29 23:59:59Z"), (1_763_697_600_123, "2025-11-21 04:00:00Z"),
        (4_107_542_400_000, "2100-03-01 00:00:00Z"), (-1, "1969-12-31 23:59:59Z"),
    ])
    func `times are dates`(_ milliseconds: Int64, _ text: String) {
        #expect(LogTime(milliseconds: milliseconds).text == text)
    }

    @Test(arguments: [Int64.min, .max])
    func `no time traps`(_ milliseconds: Int64) {
        #expect(!LogTime(milliseconds: milliseconds).text.isEmpty)
    }

    @Test func `columns are as wide as their widest cell`() {
        let lines = TextTable.lines([["A", "LONG", ""], ["ä", "x", "end"], ["abc", "y"]])
        #expect(lines == ["A    LONG", "ä    x     end", "abc  y"])
    }
}
