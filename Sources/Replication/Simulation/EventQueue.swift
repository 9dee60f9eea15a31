/// What is to happen, ordered by virtual time and, at one time, by the order of planning.
struct EventQueue {
    /// When what is due: small, for it moves through the heap.
    private struct Planned {
        var at: Instant
        var number: UInt64
        var slot: Int

        func isBefore(_ other: Planned) -> Bool {
            at != other.at ? at < other.at : number < other.number
        }
    }

    /// A binary heap: no element is before its parent.
    private var heap: [Planned] = []
    private var events: [SimulatedEvent?] = []
    private var freeSlots: [Int] = []
    private var planned: UInt64 = 0

    /// When the next event is due.
    var next: Instant? { heap.first?.at }

    /// Plans an event.
    ///
    /// - Complexity: O(log *n*).
    mutating func plan(_ event: SimulatedEvent, at instant: Instant) {
        planned += 1
        heap.append(Planned(at: instant, number: planned, slot: slot(for: event)))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func slot(for event: SimulatedEvent) -> Int {
        guard let free = freeSlots.popLast() else {
            events.append(event)
            return events.count - 1
        }
        events[free] = event
        return free
    }

    /// Removes and gives the next event.
    ///
    /// - Complexity: O(log *n*).
    mutating func pop() -> (at: Instant, event: SimulatedEvent)? {
        guard let first = heap.first, let event = events[first.slot] else { return nil }
        events[first.slot] = nil
        freeSlots.append(first.slot)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.at, event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = parent
            for child in 2 * parent + 1...2 * parent + 2
            where child < heap.count && heap[child].isBefore(heap[smallest]) {
                smallest = child
            }
            guard smallest != parent else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
