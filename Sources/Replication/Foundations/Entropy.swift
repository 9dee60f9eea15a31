/// 64 random bytes of the node that takes a request, or of the simulator's seed.
public struct Entropy: Hashable, Sendable {
    /// The bytes; always 64.
    public let bytes: [UInt8]

    /// Creates entropy of 64 bytes.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == 64, "entropy has 64 bytes, not \(bytes.count)")
        self.bytes = bytes
    }
}
