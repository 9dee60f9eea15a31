import Replication
import TestSupport
import Testing

@Suite struct RotationTests {
    @Test @Aside func `each has its turn in order, and stands in the line once`() {
        var line = Rotation<Int>()
        for element in [1, 2, 1, 3] { line.append(element) }
        #expect(line.count == 3)
        #expect(line.removeFirst() == 1)
        line.append(1)
        #expect([line.removeFirst(), line.removeFirst(), line.removeFirst()] == [2, 3, 1])
        #expect(line.removeFirst() == nil && line.isEmpty)
    }

    @Test @Aside func `what was removed and came again waits at the end`() {
        var line = Rotation<Int>()
        for element in [1, 2, 3] { line.append(element) }
        line.remove(1)
        line.append(1)
        #expect([line.removeFirst(), line.removeFirst(), line.removeFirst()] == [2, 3, 1])
    }

    @Test @Aside func `a line that is entered and left again and again stays small`() {
        var line = Rotation<Int>()
        line.append(0)
        for element in 1...100_000 {
            line.append(element)
            line.remove(element)
        }
        #expect(line.count == 1 && line.removeFirst() == 0)
        for element in 0..<10_000 { line.append(element) }
        for element in 0..<10_000 { #expect(line.removeFirst() == element) }
    }
}
