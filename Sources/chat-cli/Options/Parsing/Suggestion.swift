/// Finds what was probably meant by a word that is mistyped.
enum Suggestion {
    /// The candidate that is nearest to `word`, the first of several, if one is near enough.
    ///
    /// Near enough is one edit for up to four characters, two up to seven, and three beyond; an edit
    /// adds, drops or replaces a character or swaps two neighbours.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let limit = word.count <= 4 ? 1 : word.count <= 7 ? 2 : 3
        let ranked = candidates.map { (distance: distance(word, $0), name: $0) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= limit ? best.name : nil
    }

    /// The question to append to a message; empty if nothing is near.
    static func question(for word: String, among candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { ". Did you mean '\($0)'?" } ?? ""
    }

    /// Optimal string alignment distance.
    ///
    /// - Complexity: O(*n* · *m*); words beyond 64 characters are taken for infinitely far.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left)
        let b = Array(right)
        guard a.count <= 64, b.count <= 64 else { return .max }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var row = [i + 1]
            for (j, y) in b.enumerated() {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (x == y ? 0 : 1))
                if i > 0, j > 0, x == b[j - 1], a[i - 1] == y {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
