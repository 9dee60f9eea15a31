/// Counts the lines that strangers can have written to the log as often as they like.
///
/// Of each kind one is written in a minute; how many there were besides stands in the next.
struct RepeatedLines: Sendable {
    private static let period = Duration.seconds(60)
    private var kinds: [String: (next: Instant, count: Int)] = [:]

    /// What is to be written of a line, or nil if it is only counted.
    ///
    /// A kind is what the line says, without what a stranger can choose: there are a few.
    mutating func line(_ text: String, kind: StaticString, at now: Instant) -> String? {
        let kind = "\(kind)"
        guard let last = kinds[kind] else {
            kinds[kind] = (now + Self.period, 0)
            return text
        }
        guard last.next <= now else {
            kinds[kind]?.count += 1
            return nil
        }
        kinds[kind] = (now + Self.period, 0)
        return last.count == 0 ? text : "\(text) (and \(last.count) more like this before)"
    }
}
