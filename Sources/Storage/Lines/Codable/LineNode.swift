/// A value on its way into a line.
///
/// `Encoder` lets a type fill several containers in turn, so nothing can be written until all are.
final class LineNode {
    private enum Content {
        case nothing
        case scalar([UInt8], nested: Int)
        case object
        case array
    }

    private var content = Content.nothing
    private var names: [String] = []
    private var places: [String: Int] = [:]
    private var nodes: [LineNode] = []
    /// Why this has no canonical form, if it has none.
    private var failure: LineError?

    /// Number of members or elements.
    var count: Int { nodes.count }

    /// Makes this a string, an integer, a boolean, null, or a whole value in its canonical form.
    func scalar(_ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        write(&writer)
        content = .scalar(writer.bytes, nested: writer.deepest)
        failure = failure ?? writer.failure
    }

    /// Makes this an object, or goes on with the one that it is.
    func beObject() {
        guard case .array = content else {
            content = .object
            return
        }
        failure = LineError(.invalid("a value was encoded as an array and as an object"))
    }

    /// Makes this an array, or goes on with the one that it is.
    func beArray() {
        guard case .object = content else {
            content = .array
            return
        }
        failure = LineError(.invalid("a value was encoded as an object and as an array"))
    }

    /// The node for a member, which replaces one of the same name.
    func member(_ name: String) -> LineNode {
        let node = LineNode()
        if let place = places[name] {
            nodes[place] = node
        } else {
            places[name] = nodes.count
            names.append(name)
            nodes.append(node)
        }
        return node
    }

    /// The node for the next element.
    func element() -> LineNode {
        let node = LineNode()
        nodes.append(node)
        return node
    }

    /// Appends the canonical form, or tells the writer that there is none.
    func write(to writer: inout JSONWriter) {
        if let failure { writer.fail(failure) }
        switch content {
        case .scalar(let bytes, let nested):
            writer.verbatim(bytes, nested: nested)
        case .array:
            writer.beginArray()
            for node in nodes { node.write(to: &writer) }
            writer.endArray()
        case .object, .nothing:
            writer.beginObject()
            for (name, node) in zip(names, nodes) {
                writer.key(name)
                node.write(to: &writer)
            }
            writer.endObject()
        }
    }

    /// Puts members in the order of their names, or elements in that of their forms.
    ///
    /// - Parameter stride: How many elements belong together; the first of them decides.
    func sort(by stride: Int) {
        switch content {
        case .object:
            let order = names.indices.sorted {
                names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8)
            }
            names = order.map { names[$0] }
            nodes = order.map { nodes[$0] }
            places = [:]
        case .array:
            let starts = Swift.stride(from: 0, to: nodes.count, by: stride)
            let groups = starts.map { (form(of: nodes[$0]), $0..<min($0 + stride, nodes.count)) }
            let order = groups.sorted { $0.0.lexicographicallyPrecedes($1.0) }
            nodes = order.flatMap { nodes[$0.1] }
        case .scalar, .nothing: break
        }
    }

    private func form(of node: LineNode) -> [UInt8] {
        var writer = JSONWriter()
        node.write(to: &writer)
        return writer.bytes
    }
}

/// A collection of the standard library whose order differs from process to process.
protocol Unordered {
    func sort(_ node: LineNode)
}

extension Dictionary: Unordered {
    /// An object for keys that are strings or integers, else keys and values by turns.
    func sort(_ node: LineNode) { node.sort(by: 2) }
}

extension Set: Unordered {
    func sort(_ node: LineNode) { node.sort(by: 1) }
}
