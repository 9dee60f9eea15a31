public import Replication
public import Storage

/// A number that clients add to: the example of a small state machine of one's own.
public struct Counter: Service, Codable, LineCodable {
    /// Adds to the number.
    public struct Add: Codable, LineCodable, Sendable {
        /// How much.
        public var amount: UInt64

        /// Creates a request.
        public init(amount: UInt64) { self.amount = amount }
    }

    /// Asks for the number.
    public struct Read: Codable, LineCodable, Sendable {
        /// Creates a query.
        public init() {}
    }

    /// The sum of all that was added.
    public private(set) var sum: UInt64 = 0

    /// Creates the number zero.
    public init() {}

    /// Adds, and gives the sum.
    public mutating func apply(_ operation: Add, at context: ApplyContext) -> UInt64 {
        sum += operation.amount
        return sum
    }

    /// Takes each request as it is.
    public func admit(
        _ request: Add,
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(Refusal) -> Admission<Add> {
        .propose(Admitted(by: "anybody", operation: request))
    }

    /// Nothing is refused.
    public static func refusal(in output: UInt64) -> Refusal? { nil }

    /// Gives the sum.
    public func answer(
        _ query: Read,
        from caller: Caller,
        now: Timestamp
    ) throws(Refusal) -> UInt64 { sum }

    /// There are no events.
    public mutating func takeEvents() -> [String] { [] }
    /// There are no events.
    public func audience(of caller: Caller) throws(Refusal) -> String { "" }
    /// There are no events.
    public func recipients(of event: String) -> [String] { [] }
    /// There are no events.
    public func render(_ event: String, for audience: String) -> RenderedEvent? { nil }
}

/// The example of a workload: clients that add, and look.
public struct Additions: SimulatedWorkload {
    /// Creates a workload.
    public init() {}

    /// Three of four calls add.
    public func next(
        for client: Int,
        using generator: inout SeededGenerator
    ) -> SimulatedCall<Counter> {
        let amount = UInt64.random(in: 0...3, using: &generator)
        return amount > 0 ? .request(Counter.Add(amount: amount)) : .query(Counter.Read())
    }
}
