import Replication
import TestSupport
import Testing

@Suite struct RotationTests {
    private func all(_ line: inout Rotation<Int>) -> [Int] {
        var elements: [Int] = []
        while let element = line.removeFirst() { elements.append(element) }
        return elements
    }

    @Test @Aside func `each has its turn in order, and stands in the line once`() {
        var line = Rotation<Int>()
        for element in [1, 2, 1, 3] { line.append(element) }
        #expect(line.count == 3)
        let first = line.removeFirst()
        line.append(1)
        let rest = all(&line)
        #expect(first == 1 && rest == [2, 3, 1] && line.isEmpty)
    }

    @Test @Aside func `what was removed and came again waits at the end`() {
        var line = Rotation<Int>()
        for element in [1, 2, 3] { line.append(element) }
        line.remove(1)
        line.append(1)
        let order = all(&line)
        #expect(order == [2, 3, 1])
    }

    @Test @Aside func `a line that is entered and left again and again keeps its order`() {
        var line = Rotation<Int>()
        line.append(0)
        for element in 1...100_000 {
            line.append(element)
            line.remove(element)
        }
        #expect(line.count == 1)
        for element in 0..<10_000 { line.append(element) }
        let order = all(&line)
        #expect(order == Array(0..<10_000))
    }
}
