/// A line in which each element stands at most once: who had a turn goes to its end.
///
/// All operations are O(1), over many of them: what is removed from the middle leaves a gap that is
/// passed over when its turn comes.
package struct Rotation<Element: Hashable & Sendable>: Sendable {
    private var elements: [(element: Element, number: UInt64)] = []
    private var first = 0
    private var numbers: [Element: UInt64] = [:]
    private var lastNumber: UInt64 = 0

    /// Creates an empty line.
    package init() {}

    /// How many wait.
    package var count: Int { numbers.count }
    /// Whether nobody waits.
    package var isEmpty: Bool { numbers.isEmpty }

    /// Adds an element at the end, unless it waits already.
    package mutating func append(_ element: Element) {
        guard numbers[element] == nil else { return }
        lastNumber += 1
        numbers[element] = lastNumber
        elements.append((element, lastNumber))
    }

    /// Removes and gives the element that has waited for longest.
    package mutating func removeFirst() -> Element? {
        while first < elements.count {
            let next = elements[first]
            first += 1
            guard numbers[next.element] == next.number else { continue }
            numbers[next.element] = nil
            reclaim()
            return next.element
        }
        reclaim()
        return nil
    }

    /// Takes an element out of the line.
    package mutating func remove(_ element: Element) {
        numbers[element] = nil
        if numbers.isEmpty {
            elements.removeAll(keepingCapacity: elements.capacity <= 64)
            first = 0
        } else if elements.count - first > 64 + 2 * numbers.count {
            elements = elements[first...].filter { numbers[$0.element] == $0.number }
            first = 0
        }
    }

    private mutating func reclaim() {
        if first == elements.count {
            elements.removeAll(keepingCapacity: elements.capacity <= 64)
            first = 0
        } else if first >= 1_024, first * 2 > elements.count {
            elements.removeFirst(first)
            first = 0
        }
    }
}
