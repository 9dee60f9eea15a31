import Storage

/// The fields of every answer, made anew when the second or the cluster changes.
struct AnswerFields {
    /// Each as `Name: value\r\n`.
    private(set) var bytes: [UInt8] = []
    private var cluster: String?
    private var second: Int64?

    /// Brings the fields up to the time, and to the cluster's id.
    mutating func update(cluster: String?, at wall: Timestamp) {
        let now = wall.milliseconds / 1_000
        guard now != second || cluster != self.cluster else { return }
        (second, self.cluster) = (now, cluster)
        bytes = ProtocolFields.fields(cluster: cluster)
        bytes.appendField("Date", HTTPDate.text(seconds: now))
    }
}

/// A time as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The text for a time in seconds since 1970; times before are taken for 1970.
    static func text(seconds: Int64) -> String {
        let (days, time) = max(0, seconds).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = date(days: Int(days))
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { two(Int($0)) }
        return "\(weekdays[Int(days % 7)]), \(two(day)) \(months[month - 1]) \(year) "
            + clock.joined(separator: ":") + " GMT"
    }

    /// The date of a day since 1970, counted in years that begin in March, so that a leap day is a
    /// year's last.
    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
