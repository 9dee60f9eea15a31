import Storage
import TestSupport
import Testing

@Suite struct LineCodableTests {
    private func text(_ value: some LineCodable) -> String {
        String(decoding: value.lineBytes, as: UTF8.self)
    }

    private func roundTrip<Value: LineCodable & Equatable>(_ value: Value, _ form: String) {
        #expect(text(value) == form)
        #expect((try? Value(lineBytes: Array(form.utf8))) == value)
    }

    private func reason<Value: LineCodable>(_ type: Value.Type, _ form: String) -> LineError.Reason?
    {
        do throws(LineError) {
            _ = try Value(lineBytes: Array(form.utf8))
            return nil
        } catch { return error.reason }
    }

    private struct Point: Codable, LineCodable, Hashable {
        var y: Int
        var x: Int8
        var label: String?
    }

    private struct Path: Codable, LineCodable, Equatable {
        var name: String
        var points: [Point] = []
        var closed: Bool
        var start: Point?
        var gaps: [Int?] = []
        var sizes: [String: UInt64] = [:]
        var byNumber: [Int: String] = [:]
        var tags: Set<String> = []
        var pairs: [Point: Bool] = [:]
    }

    private enum Command: Codable, LineCodable, Equatable {
        case clear
        case move(to: Point, fast: Bool?)
        case say(String)
        indirect case both(Command, Command)
    }

    private enum Color: String, Codable, LineCodable {
        case red
        case blue
    }

    @Test @DiskAside func `members stand in the order of their declaration and nil is left out`() {
        roundTrip(Point(y: -1, x: 2), #"{"y":-1,"x":2}"#)
        roundTrip(Point(y: 0, x: 0, label: "a\"b"), #"{"y":0,"x":0,"label":"a\"b"}"#)
        roundTrip([Point(y: 1, x: 1)], #"[{"y":1,"x":1}]"#)
        roundTrip(Color.blue, #""blue""#)
    }

    @Test @DiskAside func `nested values, arrays and dictionaries come back`() {
        let path = Path(
            name: "p",
            points: [Point(y: 1, x: 2), Point(y: 3, x: 4)],
            closed: true,
            start: Point(y: 5, x: 6, label: ""),
            gaps: [1, nil, 3],
            sizes: ["b": .max, "a": 0],
            byNumber: [10: "ten", 9: "nine"],
            tags: ["z", "y"],
            pairs: [Point(y: 2, x: 0): true, Point(y: 1, x: 0): false]
        )
        roundTrip(
            path,
            #"{"name":"p","points":[{"y":1,"x":2},{"y":3,"x":4}],"closed":true,"#
                + #""start":{"y":5,"x":6,"label":""},"gaps":[1,null,3],"#
                + #""sizes":{"a":0,"b":18446744073709551615},"byNumber":{"10":"ten","9":"nine"},"#
                + #""tags":["y","z"],"pairs":[{"y":1,"x":0},false,{"y":2,"x":0},true]}"#
        )
    }

    @Test @DiskAside func `enumerations have the form that Swift gives them`() {
        roundTrip(Command.clear, #"{"clear":{}}"#)
        roundTrip(Command.say("x"), #"{"say":{"_0":"x"}}"#)
        roundTrip(Command.move(to: Point(y: 1, x: 2), fast: nil), #"{"move":{"to":{"y":1,"x":2}}}"#)
        roundTrip(
            Command.both(.clear, .say("y")),
            #"{"both":{"_0":{"clear":{}},"_1":{"say":{"_0":"y"}}}}"#
        )
    }

    @Test @DiskAside func `large dictionaries come back, in one order`() {
        struct Table: Codable, LineCodable, Equatable { var rows: [String: Int] }
        let table = Table(
            rows: Dictionary(uniqueKeysWithValues: (0..<5_000).map { ("k\($0)", $0) })
        )
        let form = text(table)
        #expect(form == text(Table(rows: Dictionary(uniqueKeysWithValues: table.rows.shuffled()))))
        roundTrip(table, form)
    }

    @Test @DiskAside func `white space and another order are read`() throws {
        let bytes = Array(" { \"x\" : 2 ,\n\"y\" : 1 } ".utf8)
        #expect(try Point(lineBytes: bytes) == Point(y: 1, x: 2))
    }

    @Test(arguments: [
        (#"{"y":1,"x":2,"y":1}"#, LineError.Reason.doubledMember("y")),
        (#"{"y":1,"x":2,"z":3}"#, .unknownMember("z")), (#"{"y":1}"#, .missingMember("x")),
        (#"{"y":1,"x":128}"#, .notAnInteger), (#"{"y":1.0,"x":2}"#, .notAnInteger),
        (#"{"y":"1","x":2}"#, .expected("an integer")), (#"{"y":1,"x":2}1"#, .trailingBytes),
        (#"[1,2]"#, .expected("an object")), (#"{"y":null,"x":2}"#, .expected("an integer")),
        (#"{"y":1,"x":2,"label":7}"#, .expected("a string")),
    ])
    @DiskAside func `a struct refuses what it would not write`(
        form: String,
        expected: LineError.Reason
    ) {
        #expect(reason(Point.self, form) == expected)
    }

    @Test @DiskAside func `unknown members are refused at each depth`() {
        #expect(
            reason(Command.self, #"{"both":{"_0":{"clear":{"a":1}},"_1":{"clear":{}}}}"#)
                == .unknownMember("a")
        )
        #expect(reason(Command.self, #"{"say":{"_0":"x","_1":1}}"#) == .unknownMember("_1"))
        #expect(reason(Command.self, #"{"clear":{},"other":{}}"#) == .unknownMember("other"))
        #expect(reason(Command.self, #"{"clear":{},"say":{"_0":""}}"#) != nil)
        #expect(reason(Command.self, #"{"what":{}}"#) != nil)
        #expect(reason(Color.self, #""green""#) != nil)
    }

    @Test @DiskAside func `a part with a form of its own keeps it`() {
        struct Hex: Codable, LineCodable, Equatable {
            var value: UInt64
            init(value: UInt64) { self.value = value }
            init(from reader: inout JSONReader) throws(LineError) {
                guard let value = UInt64(try reader.string(), radix: 16) else {
                    throw reader.error(.invalid("not hex"))
                }
                self.value = value
            }
            func write(to writer: inout JSONWriter) { writer.string(String(value, radix: 16)) }
        }
        struct Holder: Codable, LineCodable, Equatable { var hex: Hex, list: [Hex], none: Hex? }
        let form = #"{"hex":"ff","list":["a"]}"#
        roundTrip(Holder(hex: Hex(value: 255), list: [Hex(value: 10)], none: nil), form)
        #expect(reason(Holder.self, #"{"hex":"x","list":[]}"#) == .invalid("not hex"))
    }

    private class Animal: Codable {
        var name = "n"
    }

    private final class Dog: Animal, LineCodable, Equatable {
        var age = 3
        private enum CodingKeys: String, CodingKey { case age }

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            age = try container.decode(Int.self, forKey: .age)
            try super.init(from: try container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(age, forKey: .age)
            try super.encode(to: container.superEncoder())
        }

        static func == (left: Dog, right: Dog) -> Bool {
            left.name == right.name && left.age == right.age
        }
    }

    @Test @DiskAside func `subclasses keep their base apart`() {
        roundTrip(Dog(), #"{"age":3,"super":{"name":"n"}}"#)
        #expect(
            reason(Dog.self, #"{"age":3,"super":{"name":"n","b":1}}"#) == .unknownMember("b")
        )
    }

    private struct Fraction: Codable, LineCodable {
        var value = 0.5
    }

    @Test func `a fraction is refused, and is the programmer's error to write`() async {
        #expect(
            reason(Fraction.self, #"{"value":1}"#) == .invalid("a Double has no canonical form")
        )
        await #expect(processExitsWith: .failure) { _ = Fraction().lineBytes }
        #expect(throws: LineError(.invalid("a Double has no canonical form ('value')"))) {
            try Fraction().canonicalForm()
        }
    }

    private struct Holder: LineCodable {
        var fractions = [Fraction()]

        init() {}
        init(from reader: inout JSONReader) throws(LineError) {
            fractions = try [Fraction](from: &reader)
        }
        func write(to writer: inout JSONWriter) { fractions.write(to: &writer) }
    }

    private struct Both: Codable, LineCodable {
        init() {}
        init(from decoder: any Decoder) throws {}
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(1)
            _ = encoder.container(keyedBy: CodingKeys.self)
        }
        enum CodingKeys: CodingKey { case one }
    }

    @Test func `what has no canonical form is said wherever it stands`() {
        #expect(throws: LineError.self) { try Holder().canonicalForm() }
        #expect(throws: LineError.self) { try [Holder()].canonicalForm() }
        #expect(
            throws: LineError(.invalid("a value was encoded as an array and as an object"))
        ) { try Both().canonicalForm() }
        var writer = JSONWriter()
        Fraction().write(to: &writer)
        #expect(writer.failure != nil)
        writer.removeAll()
        #expect(writer.failure == nil)
    }

    private indirect enum Chain: Codable, LineCodable {
        case end
        case link(Chain)
    }

    @Test(arguments: [1, 14, 15, 16, 40, 1_000])
    func `what is nested too deep to be read cannot be written`(depth: Int) throws {
        let chain = (0..<depth).reduce(Chain.end) { chain, _ in .link(chain) }
        // Each link is an object in an object, and so is the end.
        if 2 * depth + 2 <= JSONReader.maximumDepth {
            let form = try chain.canonicalForm()
            #expect(throws: Never.self) { try Chain(lineBytes: form) }
            #expect(throws: LineError(.tooDeep)) {
                try chain.canonicalForm(nestedUpTo: 2 * depth + 1)
            }
        } else {
            #expect(throws: LineError(.tooDeep)) { try chain.canonicalForm() }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @DiskAside func `mutated forms never trap, and what is read is written again`(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        let forms = [
            #"{"both":{"_0":{"move":{"to":{"y":1,"x":2},"fast":true}},"_1":{"say":{"_0":"y"}}}}"#,
            #"{"name":"p","points":[{"y":1,"x":2}],"closed":true,"gaps":[1,null],"#
                + #""sizes":{"a":0},"byNumber":{"9":"nine"},"tags":["y"],"pairs":[{"y":1,"x":0},false]}"#,
        ].map { Array($0.utf8) }
        for round in 0..<500 {
            var bytes = forms[round % 2]
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                if round % 3 == 0 {
                    bytes.remove(at: index)
                } else {
                    bytes[index] = bytes[Int.random(in: bytes.indices, using: &random)]
                }
            }
            if let command = try? Command(lineBytes: bytes) {
                #expect(try Command(lineBytes: command.lineBytes) == command)
            }
            if let path = try? Path(lineBytes: bytes) {
                #expect(try Path(lineBytes: path.lineBytes) == path)
            }
        }
    }
}
