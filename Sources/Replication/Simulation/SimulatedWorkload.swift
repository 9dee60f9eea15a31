public import Storage

/// What the clients of a simulated cluster do, and what must hold besides.
///
/// ```swift
/// struct Deposits: SimulatedWorkload {
///     func next(for client: Int, using generator: inout SeededGenerator) -> SimulatedCall<Bank> {
///         Bool.random(using: &generator) ? .request(.deposit(1, to: client)) : .query(.balance(of: client))
///     }
/// }
///
/// for seed in 1...100 as ClosedRange<UInt64> {
///     let run = try SimulationRun(.drawn(from: seed), Deposits())
///     precondition(!run.isVoid)
/// }
/// ```
public protocol SimulatedWorkload<Machine> {
    /// The state machine that is tested.
    associatedtype Machine: Service

    /// The next call of a client; all chance must come from `generator`.
    mutating func next(
        for client: Int,
        using generator: inout SeededGenerator
    ) -> SimulatedCall<Machine>

    /// Who a client is when it makes its next call; nobody by default.
    func caller(of client: Int) -> Caller

    /// Takes note of the answer to a client's call; nothing by default.
    mutating func took(_ answer: SimulatedAnswer, for client: Int)

    /// Checks a state that the cluster came to; nothing by default.
    ///
    /// - Returns: What is wrong with it, or nil.
    func flaw(in machine: Machine) -> String?
}

extension SimulatedWorkload {
    /// Nobody.
    public func caller(of client: Int) -> Caller { Caller() }
    /// Nothing.
    public mutating func took(_ answer: SimulatedAnswer, for client: Int) {}
    /// Nothing.
    public func flaw(in machine: Machine) -> String? { nil }
}

/// A call of a client of a simulated cluster.
public enum SimulatedCall<Machine: Service>: Sendable {
    /// To be carried out once, however often it is tried.
    case request(Machine.Request)
    /// To be answered from a state as new as all that was answered before.
    case query(Machine.Query)
}
