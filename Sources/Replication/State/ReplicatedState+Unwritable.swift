import Storage

/// What a state machine gives that has no canonical form.
///
/// Requests, operations and answers are refused before anything is logged. An output is known only
/// when its entry is applied, on each node: the operation has taken effect, and what is stored as its
/// output says that there is none, the same everywhere and for every retry.
extension ReplicatedState {
    /// Stands for an output that cannot be written.
    static var unwritable: [UInt8] { Array(#"{"unwritable":true}"#.utf8) }

    /// How an output is stored.
    ///
    /// In a snapshot it stands two levels deep, and its line has a greatest length.
    func line(of output: Machine.Output) -> [UInt8] {
        do throws(LineError) {
            let line = try output.canonicalForm(nestedUpTo: Proposal.maximumDepth)
            return line.count <= Self.maximumOutputBytes ? line : Self.unwritable
        } catch {
            return Self.unwritable
        }
    }

    /// The longest output: half of what a line of a snapshot may have.
    static var maximumOutputBytes: Int { SnapshotReader.maximumLineBytes / 2 }

    /// What a caller is told whose operation took effect without an output.
    var unwritableOutput: Refusal {
        Refusal(
            .faulty,
            code: "output_unwritable",
            message: "the operation took effect, but its output, a \(Machine.Output.self), cannot"
                + " be written: it holds a Double, a Float or an integer beyond 64 bits, is nested"
                + " deeper than \(Proposal.maximumDepth), or longer than"
                + " \(Self.maximumOutputBytes) bytes; correct the state machine"
        )
    }
}

extension Refusal {
    /// The canonical form of what a state machine, or its caller, gave.
    ///
    /// - Throws: ``Refusal`` that says what cannot be written, and why.
    static func canonicalForm<Value: LineCodable>(
        of value: Value,
        _ role: String
    ) throws(Refusal) -> [UInt8] {
        do throws(LineError) { return try value.canonicalForm() } catch {
            throw Refusal(
                .faulty,
                code: "\(role)_unwritable",
                message: "the \(role), a \(Value.self), cannot be written: \(error.reason);"
                    + " nothing was done: correct the type"
            )
        }
    }
}
