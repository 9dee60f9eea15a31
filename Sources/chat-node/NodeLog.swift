import ChatOptions
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
            let time = CivilTime(SystemClock.wallTime()).internet
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
