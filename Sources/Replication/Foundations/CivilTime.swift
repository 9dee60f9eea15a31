internal import Storage

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A point of time as people write it, in UTC: all see the same, and no time zone has a say.
///
/// The calendar is the system's (`gmtime_r`). Years 1 to 9999; times beyond them, which only nonsense
/// from elsewhere names, are taken for the nearest one.
package struct CivilTime: Hashable, Sendable {
    package let year, month, day: Int
    package let hour, minute, second, millisecond: Int
    /// Days since Sunday.
    package let weekday: Int

    /// The civil time of a timestamp.
    package init(_ time: Timestamp) {
        let milliseconds = min(max(-62_135_596_800_000, time.milliseconds), 253_402_300_799_999)
        let fraction = (milliseconds % 1_000 + 1_000) % 1_000
        var seconds = time_t((milliseconds - fraction) / 1_000)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        let date = unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_wday)
        let clock = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
        (year, month, day) = (Int(date.0) + 1_900, Int(date.1) + 1, Int(date.2))
        weekday = Int(date.3)
        (hour, minute, second) = (Int(clock.0), Int(clock.1), Int(clock.2))
        millisecond = Int(fraction)
    }

    /// `2026-11-21`.
    private var date: String {
        "\(year.padded(to: 4))-\(month.padded(to: 2))-\(day.padded(to: 2))"
    }

    /// `07:08:51`.
    private var clock: String {
        "\(hour.padded(to: 2)):\(minute.padded(to: 2)):\(second.padded(to: 2))"
    }

    /// `2026-11-21T07:08:51.123Z` (RFC 3339), for logs.
    package var internet: String { "\(date)T\(clock).\(millisecond.padded(to: 3))Z" }

    /// `2026-11-21 07:08:51Z`, for people.
    package var readable: String { "\(date) \(clock)Z" }

    /// `Sat, 21 Nov 2026 07:08:51 GMT` (RFC 9110 §5.6.7), for HTTP.
    package var http: String {
        let name = "\(Self.weekdays[weekday]), \(day.padded(to: 2)) \(Self.months[month - 1])"
        return "\(name) \(year.padded(to: 4)) \(clock) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
