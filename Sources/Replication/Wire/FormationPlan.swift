package import Storage

/// What the command line says, the same on every node.
package struct FormationPlan: Hashable, Sendable {
    /// The peer addresses of all nodes as they were written, in the order of ``places``.
    package var addresses: [String]
    /// `--bootstrap-expect`, or nil for a node that has data and forms nothing.
    package var expect: Int?

    /// Creates a plan.
    package init(addresses: [String], expect: Int?) {
        self.addresses = addresses.sorted {
            (Address.normal($0), $0) < (Address.normal($1), $1)
        }
        self.expect = expect
    }

    /// The addresses in one spelling, sorted; what two plans are compared by.
    package var places: [String] { addresses.map(Address.normal).sorted() }

    /// Whether two command lines mean the same cluster.
    package func agrees(with other: FormationPlan) -> Bool {
        expect == other.expect && places == other.places
    }
}

extension FormationPlan: LineCodable {
    /// Reads `{"addresses":["a:7401","b:7401"],"expect":2}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var addresses: [String]?
        var expect: Int?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "addresses": addresses = try [String](from: &reader)
            case "expect": expect = try reader.count()
            default: throw reader.unknown(name)
            }
        }
        self.init(addresses: try reader.require(addresses, "addresses"), expect: expect)
    }

    /// Writes the plan.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("addresses", addresses)
        if let expect { writer.member("expect", expect) }
        writer.endObject()
    }
}
