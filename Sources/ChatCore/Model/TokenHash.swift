/// The SHA-256 of a session's token: what is replicated in place of the token.
///
/// Whoever reads a log or a snapshot learns no token from it.
public struct TokenHash: Hashable, Comparable, Sendable {
    private let words: Words

    /// Takes the 32 bytes of a hash; nil for any other number.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32, let words = Words(bytes) else { return nil }
        self.words = words
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { words.bytes }

    /// Orders by bytes.
    public static func < (left: TokenHash, right: TokenHash) -> Bool { left.words < right.words }
}
