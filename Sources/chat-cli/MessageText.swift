package import ChatCore
import ChatService
import Options
import Storage

extension Report {
    /// Prints a message on one line; a star marks what is unread.
    func message(_ message: MessageView, marksUnread: Bool = true) throws(StreamError) {
        if isJSON { return try object(message.lineBytes) }
        if isQuiet { return try line(message.id.description) }
        try line(text(of: message) + (marksUnread && message.isUnread ? "  *" : ""))
    }

    /// `mb42  2025-11-21 04:00:00Z  ann -> bob: hi`, with line breaks and controls escaped.
    func text(of message: MessageView) -> String {
        let place = dim("\(message.id)  \(TimeText.text(message.time))")
        let people = bold("\(message.from) -> \(message.to)".escapedForTerminal())
        let text =
            message.text?.escapedForTerminal()
            ?? dim("(deleted by \(message.deletion?.by.escapedForTerminal() ?? "its sender"))")
        return "\(place)  \(people): \(text)"
    }
}

/// Times as people read them, in UTC so that all see the same.
package enum TimeText {
    /// `2025-11-21 04:00:00Z`; nonsense from a server gives a strange date, never a trap.
    package static func text(_ time: LogTime) -> String {
        let (seconds, _) = floored(time.milliseconds, by: 1000)
        let (days, second) = floored(seconds, by: 86_400)
        let (year, month, day) = date(ofDay: days)
        let clock = [second / 3600, second / 60 % 60, second % 60].map(twoDigits)
        return "\(year)-\(twoDigits(month))-\(twoDigits(day)) \(clock.joined(separator: ":"))Z"
    }

    /// The civil date of a day counted from 1970-01-01, after Hinnant's `civil_from_days`: years
    /// begin in March, so that the leap day is the last.
    private static func date(ofDay days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floored(days + 719_468, by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let rest = value % divisor
        return rest < 0 ? (value / divisor - 1, rest + divisor) : (value / divisor, rest)
    }

    private static func twoDigits(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
