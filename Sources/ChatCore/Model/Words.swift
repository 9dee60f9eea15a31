/// 32 bytes as four words, compared as the bytes would be: a key that is fast to compare.
struct Words: Hashable, Comparable, Sendable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    /// All zeros.
    init() {}

    /// Packs at most 32 bytes, filled up with zeros; nil for more.
    init?(_ bytes: some Sequence<UInt8>) {
        var index = 0
        for byte in bytes {
            let bits = UInt64(byte) << UInt64(56 - index % 8 * 8)
            switch index / 8 {
            case 0: first |= bits
            case 1: second |= bits
            case 2: third |= bits
            case 3: fourth |= bits
            default: return nil
            }
            index += 1
        }
    }

    /// The 32 bytes.
    var bytes: [UInt8] {
        [first, second, third, fourth].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    static func < (left: Words, right: Words) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        if left.third != right.third { return left.third < right.third }
        return left.fourth < right.fourth
    }
}
