/// The name that people know an account by: 1 to 32 of ASCII letters, digits, `.`, `_`, `-`.
///
/// Unique without regard to case: `Bob` and `bob` are equal and sort alike. ASCII only, because
/// comparing Unicode text takes tables that may differ between two nodes.
public struct AccountName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as its owner wrote it.
    public let text: String
    private let folded: Words

    /// Takes a name that keeps the rule; nil for any other text.
    public init?(_ text: String) {
        guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed),
            let folded = Words(text.utf8.lazy.map(Self.fold))
        else { return nil }
        self.text = text
        self.folded = folded
    }

    init?(_ bytes: [UInt8]) { self.init(String(decoding: bytes, as: UTF8.self)) }

    /// No name, but below all names.
    static let lowest = AccountName()
    private init() { (text, folded) = ("", Words()) }

    /// Whether the lower-case name begins with `prefix`.
    func hasPrefix(_ prefix: [UInt8]) -> Bool {
        text.utf8.lazy.map(Self.fold).starts(with: prefix)
    }

    /// The name in lower case, one for all spellings.
    public var lowercased: String {
        String(decoding: text.utf8.map(Self.fold), as: UTF8.self)
    }

    /// The name as its owner wrote it.
    public var description: String { text }

    /// A letter in lower case, any other byte as it is.
    static func fold(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Equal without regard to case.
    public static func == (left: AccountName, right: AccountName) -> Bool {
        left.folded == right.folded
    }
    /// Hashes without regard to case.
    public func hash(into hasher: inout Hasher) { hasher.combine(folded) }
    /// Orders by ASCII, without regard to case.
    public static func < (left: AccountName, right: AccountName) -> Bool {
        left.folded < right.folded
    }
}
