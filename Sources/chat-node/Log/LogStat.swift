import ChatOptions
import Replication
import Storage

/// `chat-node log stat`: counts and sizes, as one JSON object.
struct LogStat {
    let files: DirectoryFiles

    private struct Counts {
        var entries = 0
        var bytes = 0
        var largest = 0
        var memberships = 0
        var noops = 0
        var unreadable = 0
        var firstTime: Timestamp?
        var lastTime: Timestamp?
    }

    func run() throws(LogFailure) -> ExitCode {
        var counts = Counts()
        try files.forEachEntry(from: LogIndex(1), to: LogIndex(.max)) {
            (_, line) throws(LogFailure) in
            counts.entries += 1
            counts.bytes += line.count
            counts.largest = max(counts.largest, line.count)
            do throws(LineError) {
                let entry = try LogEntry(line: line)
                counts.firstTime = counts.firstTime ?? entry.time
                counts.lastTime = entry.time
                switch entry.payload {
                case .members: counts.memberships += 1
                case .noop: counts.noops += 1
                case .operation: break
                }
            } catch { counts.unreadable += 1 }
            return true
        }
        do throws(StreamError) {
            try Output.standard.writeLine(text(counts))
            return .done
        } catch { throw .output(error) }
    }

    private func text(_ counts: Counts) -> String {
        let journal = files.journal
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("node", journal.identity.node)
        writer.member("cluster", journal.identity.cluster)
        writer.member("files", journal.files.count)
        writer.member("file_bytes", journal.files.reduce(0) { $0 + $1.bytes })
        writer.member("after", journal.terms.before)
        writer.member("last", journal.terms.last)
        writer.member("vote", journal.vote)
        writer.member("membership", journal.membershipIndex?.value)
        writer.member("snapshot", journal.snapshots.head?.position)
        writer.member("lost", journal.lost)
        writer.key("holes")
        writer.beginArray()
        for hole in journal.holes {
            writer.beginObject()
            writer.member("first", hole.lowerBound.value)
            writer.member("last", hole.upperBound.value)
            writer.endObject()
        }
        writer.endArray()
        writer.member("entries", counts.entries)
        writer.member("entry_bytes", counts.bytes)
        writer.member("largest_entry_bytes", counts.largest)
        writer.member("memberships", counts.memberships)
        writer.member("noops", counts.noops)
        writer.member("unreadable", counts.unreadable)
        writer.member("first_time", counts.firstTime?.milliseconds)
        writer.member("last_time", counts.lastTime?.milliseconds)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
