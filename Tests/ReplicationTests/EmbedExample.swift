// begin machine
import Replication
import Storage

struct Tally: Service, Codable, LineCodable {
    struct Add: Codable, Sendable, LineCodable { var amount: Int64 }
    struct Total: Codable, Sendable, LineCodable {}
    private var total: Int64 = 0

    init() {}

    /// Runs on every node, in one order: no clock, no randomness, no I/O.
    mutating func apply(_ add: Add, at context: ApplyContext) -> Int64 {
        total &+= add.amount
        return total
    }

    /// Runs once, on the node that took the request.
    func admit(_ request: Add, from caller: Caller, entropy: Entropy, now: Timestamp)
        throws(Refusal) -> Admission<Add>
    {
        guard request.amount > 0 else {
            throw Refusal(.invalid, code: "amount_invalid", message: "add 1 or more")
        }
        return .propose(Admitted(by: "anyone", operation: request))
    }

    func answer(_ query: Total, from caller: Caller, now: Timestamp) throws(Refusal) -> Int64 {
        total
    }

    // This machine refuses nothing once it is logged, and emits no events.
    static func refusal(in output: Int64) -> Refusal? { nil }
    mutating func takeEvents() -> [String] { [] }
    func audience(of caller: Caller) throws(Refusal) -> String { "all" }
    func recipients(of event: String) -> [String] { [] }
    func render(_ event: String, for audience: String) -> RenderedEvent? { nil }
}
// end machine

/// Runs a cluster of one in this process, and uses it over the network.
func embedTally(in directory: String) async throws -> (sum: String, total: String) {
    // begin run
    var configuration = ReplicaConfiguration(
        id: "n1",
        dataDirectory: directory,
        clientAddress: "127.0.0.1:0",
        peerAddress: "127.0.0.1:0"
    )
    configuration.bootstrapExpect = 1  // alone; see Docs/Operations.md for three
    let replica = try Replica<Tally>(configuration)
    async let running: Void = replica.run()

    let client = try ClusterClient(servers: [replica.clientAddress], timeout: .seconds(30))
    let sum = try await client.request(Tally.Add(amount: 2).lineBytes, key: "first")
    let total = try await client.query(Tally.Total().lineBytes)

    replica.beginGracefulShutdown()
    try await running
    // end run
    return (
        String(decoding: sum.body, as: UTF8.self), String(decoding: total.body, as: UTF8.self)
    )
}
