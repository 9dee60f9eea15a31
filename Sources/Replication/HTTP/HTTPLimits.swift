/// How much of a request, or of an answer, is accepted.
package struct HTTPLimits: Hashable, Sendable {
    /// Of the first line, with its end; beyond it: 414.
    package var lineBytes = 8 << 10
    /// Number of header fields; beyond it: 431.
    package var fields = 64
    /// Of all header fields together; beyond it: 431.
    package var fieldBytes = 32 << 10
    /// Of the body; beyond it: 413.
    package var bodyBytes = 1 << 20
    /// The most that a head may come to.
    var headBytes: Int { lineBytes + fieldBytes }
    /// Requests of one connection that wait for their answers; beyond it nothing more is parsed.
    package var inFlight = 1_024

    /// Creates the default limits.
    package init() {}
}
