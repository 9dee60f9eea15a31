import Storage

/// Where a node can send: who answers over the connections that it dialled.
///
/// An address says nothing about who answers there: a lost disk comes back as another incarnation
/// at the same address, and a member may move. So messages go to identities.
struct PeerRoutes: Sendable {
    private var hellos: [String: Hello] = [:]
    private var addresses: [NodeIdentity: String] = [:]

    /// The address over which a node is reached.
    func address(of node: NodeIdentity) -> String? { addresses[node] }

    /// Who answers at an address.
    func hello(at address: String) -> Hello? { hellos[address] }

    /// Who answers, in the order of their addresses.
    var all: [(address: String, hello: Hello)] {
        hellos.sorted { $0.key < $1.key }.map { (address: $0.key, hello: $0.value) }
    }

    /// Who can be reached, in order.
    var nodes: [NodeIdentity] { addresses.keys.sorted() }

    /// Notes that a node said welcome.
    mutating func add(_ hello: Hello, at address: String) {
        remove(address)
        hellos[address] = hello
        addresses[hello.from] = address
    }

    /// Notes that a connection is no more.
    mutating func remove(_ address: String) {
        guard let hello = hellos.removeValue(forKey: address),
            addresses[hello.from] == address
        else { return }
        // It may answer at another address too, where it has moved to or from.
        addresses[hello.from] = all.first { $0.hello.from == hello.from }?.address
    }

    mutating func removeAll() { self = PeerRoutes() }
}
