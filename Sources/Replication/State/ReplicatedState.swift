package import Storage

/// Everything that the log drives, as one value: state and applied index are always together
/// (pitfall 35), and a copy is a snapshot.
package struct ReplicatedState<Machine: Service>: Sendable {
    /// The embedder's state machine.
    package internal(set) var machine: Machine
    /// Which requests took effect.
    package internal(set) var exactlyOnce: ExactlyOnce
    /// What streams show.
    package internal(set) var events: EventLog<Machine.Event>
    /// The last applied entry.
    package internal(set) var applied = LogPosition.zero
    /// Who belonged to the cluster by the last applied entry, and since which (pitfall 34).
    package internal(set) var membership = MembershipEntry(index: .zero, membership: .empty)
    /// Who belonged to it before.
    package internal(set) var formerMembers = MemberHistory()
    /// The time of the last applied entry.
    package internal(set) var time = Timestamp(milliseconds: 0)

    /// How the newest terms up to the last applied entry began.
    package internal(set) var origins = TermOrigins()

    /// What led to this state, in short; nil until it is known.
    package internal(set) var digest: StateDigest? = StateDigest(after: .zero)

    /// The state before the first entry.
    ///
    /// - Parameter limits: How much it remembers, unless its first entry says otherwise.
    package init(limits: StateLimits = .standard) {
        machine = Machine()
        exactlyOnce = ExactlyOnce(limits: limits.keys)
        events = EventLog(entries: limits.events)
    }

    /// How much it remembers.
    package var limits: StateLimits {
        StateLimits(keys: exactlyOnce.limits, events: events.entries)
    }

    /// The first entry says how much is remembered, before there is anything to remember.
    private mutating func adopt(_ limits: StateLimits) {
        exactlyOnce = ExactlyOnce(limits: limits.keys)
        events = EventLog(entries: limits.events)
    }

    /// Applies the next entry.
    ///
    /// - Parameters:
    ///   - entry: The entry.
    ///   - seal: The checksum of its line, for the digest.
    /// - Returns: What it gave.
    /// - Throws: ``LineError`` if the operation is not one that this version knows: the node must
    ///   then stop, for skipping it would be another history.
    package mutating func apply(
        _ entry: LogEntry,
        seal: UInt64 = 0
    ) throws(LineError) -> AppliedEntry {
        precondition(
            entry.position.index == applied.index.next,
            "entry \(entry.position) does not follow \(applied)"
        )
        var result = AppliedEntry.none
        if let limits = entry.limits, applied == .zero { adopt(limits) }
        switch entry.payload {
        case .operation(let proposal): result = try apply(proposal, of: entry)
        case .members(let members, _):
            formerMembers.note(
                from: membership.membership,
                to: members,
                at: entry.position.index,
                entry.time
            )
            membership = MembershipEntry(index: entry.position.index, membership: members)
        case .noop: break
        }
        if entry.position.term != applied.term {
            origins.note(TermOrigin(position: entry.position, asciiSeal: seal))
        }
        chainDigest(entry, seal: seal, result)
        applied = entry.position
        time = entry.time
        return result
    }

    private mutating func apply(
        _ proposal: Proposal,
        of entry: LogEntry
    ) throws(LineError) -> AppliedEntry {
        let operation = try Machine.Operation(lineBytes: proposal.operation)
        guard let record = recordOf(proposal) else {
            let output = line(of: run(operation, proposal, entry))
            exactlyOnce.record(
                ExactlyOnce.Record(
                    index: entry.position.index,
                    request: proposal.request,
                    output: output
                ),
                of: proposal.identity,
                at: entry.time
            )
            return .output(entry.position.index, output, isRepeated: false)
        }
        guard record.request == proposal.request else { return .keyReused }
        if let again = repetition(of: operation, answered: record.output) {
            let second = run(again, proposal, entry)
            // What refuses the second time holds: the session of a retried login may be gone.
            if Machine.refusal(in: second) != nil {
                return .output(entry.position.index, line(of: second), isRepeated: true)
            }
        }
        return .output(record.index, record.output, isRepeated: true)
    }

    /// What is applied in place of a retry, or nil for the stored output alone; so also if the
    /// machine cannot read its own output, for a retry must not end the nodes that apply it.
    private func repetition(
        of operation: Machine.Operation,
        answered output: [UInt8]
    ) -> Machine.Operation? {
        do throws(LineError) {
            return machine.repeated(operation, answered: try Machine.Output(lineBytes: output))
        } catch {
            return nil
        }
    }

    private func recordOf(_ proposal: Proposal) -> ExactlyOnce.Record? {
        #if PLANTED_BUGS
        if PlantedBug.exactlyOnceOff.isActive { return nil }
        #endif
        return exactlyOnce[proposal.identity]
    }

    private mutating func run(
        _ operation: Machine.Operation,
        _ proposal: Proposal,
        _ entry: LogEntry
    ) -> Machine.Output {
        let context = ApplyContext(
            index: entry.position.index,
            time: entry.time,
            by: proposal.by,
            key: proposal.key
        )
        let output = machine.apply(operation, at: context)
        events.append(machine.takeEvents(), of: entry.position.index)
        return output
    }
}

extension ReplicatedState: Equatable where Machine: Equatable, Machine.Event: Equatable {}
