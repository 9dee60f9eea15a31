package import Storage

/// The whole state as one sequence of lines: where it stands, the keys, the events, the machine.
///
/// How many keys and events follow stands in the first line, so each section is known to be whole
/// before the next one begins; the machine's lines end with the snapshot.
extension ReplicatedState {
    /// What a snapshot of this state says of itself.
    package func head(cluster: String) -> SnapshotHead {
        SnapshotHead(
            cluster: cluster,
            position: applied,
            membershipIndex: membership.index,
            membership: membership.membership.lineBytes,
            schema: Machine.snapshotSchema
        )
    }

    /// Writes the state; nothing of it is gathered in memory.
    ///
    /// - Throws: ``SnapshotError`` if the file cannot be written.
    package func write(to snapshot: inout SnapshotWriter) throws(SnapshotError) {
        try snapshot.line("state", StateLine(self))
        try exactlyOnce.forEachKey { (identity, record, time) throws(SnapshotError) in
            try snapshot.line("key", KeyLine(identity: identity, record: record, time: time))
        }
        for offset in 0..<events.count {
            let element = events[offset]
            try snapshot.line("event", EventLine(id: element.id, event: element.event))
        }
        try machine.writeSnapshot(to: &snapshot)
    }

    /// Reads a state to the end of the snapshot; it is equal to the one that was written.
    ///
    /// - Parameter snapshot: Nothing was read of it yet.
    /// - Throws: ``SnapshotError`` for lines that are not those of one state, in their order.
    package init(
        from snapshot: inout SnapshotReader
    ) throws(SnapshotError) {
        let head = snapshot.head
        guard head.schema <= Machine.snapshotSchema else {
            throw .invalid(
                "the snapshot's state is of schema \(head.schema), this version knows"
                    + " \(Machine.snapshotSchema): update this node"
            )
        }
        let line = try snapshot.section("state", StateLine.self)
        guard line.applied == head.position else {
            throw .invalid(
                "the state is of entry \(line.applied), the snapshot of \(head.position)"
            )
        }
        self.init()
        applied = line.applied
        time = line.time
        formerMembers = line.formerMembers
        digest = line.digest
        origins = line.origins
        do throws(LineError) {
            membership = MembershipEntry(
                index: head.membershipIndex,
                membership: try Membership(lineBytes: head.membership)
            )
        } catch { throw .invalid("the snapshot's members cannot be read: \(error)") }
        exactlyOnce = ExactlyOnce(limits: line.limits.keys, floor: line.keyFloor)
        events = EventLog(entries: line.limits.events, floor: line.eventFloor)
        try readKeys(line.keys, from: &snapshot)
        try readEvents(line.events, from: &snapshot)
        machine = try Machine(snapshot: &snapshot)
        let extra = try snapshot.next { (kind, reader) throws(LineError) in
            _ = try reader.skip()
            return kind
        }
        if let extra { throw .invalid("the state machine left a line unread: '\(extra)'") }
    }

    private mutating func readKeys(
        _ count: Int,
        from snapshot: inout SnapshotReader
    ) throws(SnapshotError) {
        for _ in 0..<count {
            let key = try snapshot.section("key", KeyLine.self)
            let rule =
                key.record.index > applied.index || key.time > time
                ? "it is later than the state"
                : exactlyOnce.restore(key.record, of: key.identity, at: key.time)
            if let rule {
                throw .invalid("the key of entry \(key.record.index) does not fit: \(rule)")
            }
        }
    }

    private mutating func readEvents(
        _ count: Int,
        from snapshot: inout SnapshotReader
    ) throws(SnapshotError) {
        for _ in 0..<count {
            let line = try snapshot.section("event", EventLine<Machine.Event>.self)
            guard line.id.index <= applied.index else {
                throw .invalid("event \(line.id) is later than the state")
            }
            if let rule = events.restore(line.event, at: line.id) { throw .invalid(rule) }
        }
    }
}

extension SnapshotReader {
    /// Reads the next line, which must be of this kind.
    fileprivate mutating func section<Value: LineCodable>(
        _ wanted: String,
        _ type: Value.Type
    ) throws(SnapshotError) -> Value {
        let found = try next { (kind, reader) throws(LineError) in
            guard kind == wanted else {
                throw reader.error(.expected("a line '\(wanted)', not '\(kind)'"))
            }
            return try Value(from: &reader)
        }
        guard let found else {
            throw .invalid("the snapshot ends where a line '\(wanted)' must be")
        }
        return found
    }
}
