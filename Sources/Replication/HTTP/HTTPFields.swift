/// The header fields of a message, as ranges of its bytes: no string is made for one that nobody
/// asks for.
package struct HTTPFields: Hashable, Sendable {
    /// Where a field stands in the head.
    struct Field: Hashable, Sendable {
        var nameStart: Int32
        var nameEnd: Int32
        var valueStart: Int32
        var valueEnd: Int32

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    /// All bytes of the head; the ranges count from its start.
    private let head: [UInt8]
    private let fields: [Field]

    init(head: [UInt8], _ fields: [Field]) {
        self.head = head
        self.fields = fields
    }

    /// Number of fields.
    package var count: Int { fields.count }

    /// The value of the first field of a name, which is given in lower case.
    ///
    /// - Complexity: O(*n*) in the number of fields; most are told apart by the length of the name.
    package func first(_ name: String) -> String? {
        firstBytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of the value of the first field of a name, which is given in lower case.
    package func firstBytes(_ name: String) -> ArraySlice<UInt8>? {
        for field in fields where matches(field, name) { return head[field.value] }
        return nil
    }

    /// The values of all fields of a name, which is given in lower case.
    func all(_ name: String) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        for field in fields where matches(field, name) { found.append(head[field.value]) }
        return found
    }

    /// How many fields have a name, which is given in lower case.
    func count(of name: String) -> Int {
        fields.reduce(0) { matches($1, name) ? $0 + 1 : $0 }
    }

    private func matches(_ field: Field, _ name: String) -> Bool {
        field.name.count == name.utf8.count && ASCII.equal(head[field.name], name)
    }
}
