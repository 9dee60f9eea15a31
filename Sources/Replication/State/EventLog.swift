import ReplicationCollections
package import Storage

/// The place of an event: the same on every node, so a stream resumes anywhere.
///
/// As text `2868534361-42.0`: the cluster's epoch, the entry's index, the event's number within its entry.
package struct EventID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Of which cluster it is; see ``EventEpoch``.
    package private(set) var epoch = EventEpoch.inState
    /// The entry that gave the event off.
    package var index: LogIndex
    /// The event's number within its entry, before any filter.
    package var number: Int

    /// Creates an id.
    package init(index: LogIndex, number: Int) {
        self.index = index
        self.number = number
    }

    /// Reads `2868534361-42.0`.
    package init?(_ text: String) {
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, let epoch = UInt64(digits: halves[0]) else { return nil }
        let parts = halves[1].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = UInt64(digits: parts[0]),
            let number = Int(digits: parts[1])
        else { return nil }
        self.init(index: LogIndex(index), number: number)
        self.epoch = epoch
    }

    /// The same place, of another epoch.
    package func with(epoch: UInt64) -> EventID {
        var id = self
        id.epoch = epoch
        return id
    }

    /// The place after every event of an entry.
    package static func end(of index: LogIndex) -> EventID {
        EventID(index: index, number: 999_999)
    }

    /// A place before this event and after every other one before it.
    package var predecessor: EventID {
        let id =
            number == 0
            ? EventID.end(of: index.previous) : EventID(index: index, number: number - 1)
        return id.with(epoch: epoch)
    }

    /// Orders by index, then by number.
    package static func < (left: EventID, right: EventID) -> Bool {
        (left.epoch, left.index, left.number) < (right.epoch, right.index, right.number)
    }
    /// Epoch, index and number, as `2868534361-42.0`.
    package var description: String { "\(epoch)-\(index).\(number)" }
}

/// The events of the newest entries: part of the replicated state, evicted by `apply`.
///
/// An append evicts whole entries' events, until it has evicted ``evictionsPerEntry`` of them or none
/// is due (pitfall 56). Each append evicts those of one entry at least, so no more entries have events
/// here than the window has entries.
package struct EventLog<Event: Sendable>: Sendable {
    /// One event and its place.
    package struct Element: Sendable {
        /// Its place.
        package var id: EventID
        /// What the state machine emitted.
        package var event: Event
    }

    private var elements = ChunkedArray<Element>()
    /// How many events an entry evicts before it leaves the rest to the next ones.
    package static var evictionsPerEntry: Int { 512 }

    /// Of how many of the newest entries events are kept; part of the state.
    package let entries: UInt64
    /// The newest index whose events may be gone.
    package private(set) var floor = LogIndex.zero

    /// Creates an empty log, or one whose events are to be restored.
    ///
    /// - Parameters:
    ///   - entries: Of how many of the newest entries events are kept.
    ///   - floor: The newest index whose events may be gone.
    package init(entries: UInt64 = 100_000, floor: LogIndex = .zero) {
        self.entries = entries
        self.floor = floor
    }

    /// Number of events that are kept.
    package var count: Int { elements.count }

    /// An event by its place in the window, oldest first.
    package subscript(offset: Int) -> Element { elements[offset] }

    /// Adds the events of an entry, and evicts some of those that have left the window.
    ///
    /// - Complexity: O(*k*) in the number of events that were added, and of one evicted entry.
    package mutating func append(_ events: [Event], of index: LogIndex) {
        for (number, event) in events.enumerated() {
            elements.append(Element(id: EventID(index: index, number: number), event: event))
        }
        guard index.value > entries else { return }
        let due = LogIndex(index.value - entries)
        var evicted = 0
        while evicted < elements.count, elements[evicted].id.index <= due {
            let next = elements[evicted].id.index
            if evicted >= Self.evictionsPerEntry, next > floor { break }
            floor = next
            evicted += 1
        }
        if evicted == elements.count || elements[evicted].id.index > due { floor = due }
        if evicted > 0 { elements.removeFirst(evicted) }
    }

    /// Whether every event after `id` is still here; the floor's own entry may be gone.
    package func holdsAll(after id: EventID) -> Bool { floor == .zero || id >= .end(of: floor) }

    /// The offset of the first event after `id`.
    ///
    /// - Complexity: O(log *n*).
    package func offset(after id: EventID) -> Int {
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if elements[middle].id <= id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Takes back an event of this log, the one after the newest, and evicts nothing.
    ///
    /// - Returns: The rule that it breaks, or nil.
    package mutating func restore(_ event: Event, at id: EventID) -> String? {
        guard id.index > floor else { return "event \(id) is below the window" }
        let newest = elements.last?.id
        let number = newest?.index == id.index ? (newest?.number ?? 0) + 1 : 0
        guard id.epoch == EventEpoch.inState, id.number == number,
            newest.map({ $0 < id }) ?? true
        else { return "event \(id) cannot follow \(newest?.description ?? "none")" }
        elements.append(Element(id: id, event: event))
        return nil
    }
}

extension EventLog.Element: Equatable where Event: Equatable {}
extension EventLog: Equatable where Event: Equatable {}
