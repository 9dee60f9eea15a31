/// The header fields by which client and server agree on what they speak and about which cluster.
package enum ProtocolFields {
    /// The version of the protocol between clients and servers.
    package static let version = String(Hello.currentProtocol)
    /// Of each answer: ``version``.
    package static let versionName = "Chat-Protocol"
    /// Of each answer: the cluster's id; absent while the node has none.
    package static let clusterName = "Chat-Cluster"
    /// Of each request that changes something: the same in each retry.
    package static let keyName = "Idempotency-Key"
    /// Of a request: the applied index that the client knew at its first try.
    package static let sinceName = "Idempotency-Since"
    /// Of a request or a query: for how many milliseconds the caller waits for the answer.
    package static let patienceName = "Chat-Patience"

    /// Whether a key is 1 to 128 printable ASCII characters without space.
    static func isValid(key: String) -> Bool {
        (1...128).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// The refusal of a key that is not.
    package static let keyInvalid = Refusal(
        .invalid,
        code: "key_invalid",
        message: "Idempotency-Key is 1 to 128 printable ASCII characters"
    )

    /// The fields of each answer, for ``HTTPConnection/init(limits:fields:)``.
    package static func fields(cluster: String?) -> [UInt8] {
        var fields: [UInt8] = []
        fields.appendField(versionName, version)
        if let cluster { fields.appendField(clusterName, cluster) }
        return fields
    }
}
