/// A pattern for names: `*` is any run of characters, `?` any one; case does not matter.
public struct Wildcard: Hashable, Sendable {
    private let pattern: [UInt8]

    /// Takes a pattern; nil for one longer than ``Limits/patternBytes``.
    public init?(_ text: String) {
        guard text.utf8.count <= Limits.patternBytes else { return nil }
        pattern = text.utf8.map(AccountName.fold)
    }

    /// What every match begins with, in lower case.
    var prefix: [UInt8] {
        Array(pattern.prefix { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") })
    }

    /// Whether a name fits.
    ///
    /// - Complexity: O(*n* · *m*) in the lengths of name and pattern, both small; no recursion.
    public func matches(_ name: AccountName) -> Bool {
        let text = name.text.utf8.map(AccountName.fold)
        var (place, at) = (0, 0)
        // Where to go on after the last star, should what follows it not fit.
        var retry: (place: Int, at: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                at += 1
                retry = (place, at)
            } else if at < pattern.count,
                pattern[at] == text[place] || pattern[at] == UInt8(ascii: "?")
            {
                (place, at) = (place + 1, at + 1)
            } else if let last = retry {
                retry = (last.place + 1, last.at)
                (place, at) = (last.place + 1, last.at)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
