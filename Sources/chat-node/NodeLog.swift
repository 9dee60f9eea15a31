import Options
import Replication
import Storage

/// The node's log on standard error: text on a terminal, JSON lines otherwise.
///
/// `{"time":"2026-11-21T07:08:51.123Z","level":"info","message":"…"}`
struct NodeLog {
    let sink: LogSink

    init(level: LogLevel, format: String) {
        let isText =
            format == "text"
            || format == "auto" && Terminal.standardError(environment: [:]).isTerminal
        sink = LogSink(from: level) { level, message in
            let time = WallTime.text(SystemClock.wallTime().milliseconds)
            ChatNode.complain(
                isText
                    ? "\(time) \(level.rawValue) \(message.escapedForTerminal())"
                    : Self.json(time, level, message)
            )
        }
    }

    private static func json(_ time: String, _ level: LogLevel, _ message: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", time)
        writer.member("level", level.rawValue)
        writer.member("message", message)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self).escapedInJSON()
    }
}

/// Points of time as RFC 3339 has them.
enum WallTime {
    /// `2026-11-21T07:08:51.123Z` for milliseconds since 1970.
    ///
    /// The date by H. Hinnant's days-to-civil algorithm, so that no time zone has a say.
    static func text(_ milliseconds: Int64) -> String {
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        let (days, ofDay) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time =
            "\(padded(ofDay / 3_600, 2)):\(padded(ofDay / 60 % 60, 2)):\(padded(ofDay % 60, 2))"
        return "\(date)T\(time).\(padded(fraction, 3))Z"
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
