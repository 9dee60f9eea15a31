package import Replication
package import Storage

/// Clients of a register that append unique values and read all of them.
package struct RegisterCalls: SimulatedWorkload {
    private var number = 0

    /// Creates a workload.
    package init() {}

    /// Seven of ten calls append.
    package mutating func next(
        for client: Int,
        using generator: inout SeededGenerator
    ) -> SimulatedCall<Register> {
        number += 1
        return Int.random(in: 0..<10, using: &generator) < 7
            ? .request(Register.Append(value: "\(client)-\(number)")) : .query(Register.Read())
    }

    /// No value stands twice.
    package func flaw(in machine: Register) -> String? {
        Set(machine.values).count == machine.values.count ? nil : "a value stands twice"
    }
}
