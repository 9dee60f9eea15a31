import Replication

/// What was waited for and did not come.
struct NotInTime: Error, CustomStringConvertible {
    let description: String
}

/// Looks again and again until `body` gives something, or the time is over.
///
/// The only wait of these tests: nobody tells a test that another process is ready, so it asks.
func eventually<Value>(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(90),
    _ body: () async throws -> Value?
) async throws -> Value {
    let deadline = SystemClock.now() + limit
    while true {
        if let value = try await body() { return value }
        guard SystemClock.now() < deadline else {
            throw NotInTime(description: "not within \(limit): \(what())")
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Looks until something is true.
func eventually(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(90),
    _ body: () async throws -> Bool
) async throws {
    _ = try await eventually(what(), within: limit) { try await body() ? true : nil } as Bool
}

/// An answer of another kind than the test can go on with.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ text: String) { description = text }
}
