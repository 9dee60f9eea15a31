package import Replication
package import Storage

/// Money that clients put in and take out: a machine that refuses by its state.
package struct Purse: Service, Codable, LineCodable {
    /// Puts in, or takes out if it is less than zero.
    package struct Move: Codable, LineCodable, Sendable {
        /// How much.
        package var amount: Int64

        /// Creates a request.
        package init(amount: Int64) { self.amount = amount }
    }

    /// What is in it after a move, or that there was not enough.
    package struct Outcome: Codable, LineCodable, Sendable {
        /// What is in it now.
        package var rest: Int64
        /// Whether nothing was moved.
        package var isTooLittle: Bool

        /// Creates an output.
        package init(rest: Int64, isTooLittle: Bool) {
            self.rest = rest
            self.isTooLittle = isTooLittle
        }
    }

    /// Asks what is in it.
    package struct Look: Codable, LineCodable, Sendable {
        /// Creates a query.
        package init() {}
    }

    /// What is in it.
    package private(set) var rest: Int64 = 0

    /// Creates an empty purse.
    package init() {}

    /// Moves, if there is enough.
    package mutating func apply(_ operation: Move, at context: ApplyContext) -> Outcome {
        let isTooLittle = rest + operation.amount < 0
        if !isTooLittle { rest += operation.amount }
        return Outcome(rest: rest, isTooLittle: isTooLittle)
    }

    /// Takes each request as it is: whether there is enough is seen in the log's order.
    package func admit(
        _ request: Move,
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(Refusal) -> Admission<Move> {
        .propose(Admitted(by: "anybody", operation: request))
    }

    /// Says what was in it, so that no refusal is as good as another.
    package static func refusal(in output: Outcome) -> Refusal? {
        guard output.isTooLittle else { return nil }
        return Refusal(.conflict, code: "too_little", message: "there are \(output.rest)")
    }

    /// Gives what is in it.
    package func answer(
        _ query: Look,
        from caller: Caller,
        now: Timestamp
    ) throws(Refusal) -> Int64 { rest }

    /// There are no events.
    package mutating func takeEvents() -> [String] { [] }
    /// There are no events.
    package func audience(of caller: Caller) throws(Refusal) -> String { "" }
    /// There are no events.
    package func recipients(of event: String) -> [String] { [] }
    /// There are no events.
    package func render(_ event: String, for audience: String) -> RenderedEvent? { nil }
}

/// Clients that put in and take out about as much, so that about a third is refused.
package struct PurseCalls: SimulatedWorkload {
    /// Creates a workload.
    package init() {}

    /// Two of three calls move something.
    package func next(
        for client: Int,
        using generator: inout SeededGenerator
    ) -> SimulatedCall<Purse> {
        let amount = Int64.random(in: -9...8, using: &generator)
        return Int.random(in: 0..<3, using: &generator) > 0
            ? .request(Purse.Move(amount: amount)) : .query(Purse.Look())
    }

    /// It never owes.
    package func flaw(in machine: Purse) -> String? {
        machine.rest < 0 ? "there are \(machine.rest)" : nil
    }
}
