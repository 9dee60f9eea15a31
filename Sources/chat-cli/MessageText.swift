package import ChatCore
import ChatOptions
import ChatService
import Replication
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
        let place = dim("\(message.id)  \(message.time.text)")
        let people = bold("\(message.from) -> \(message.to)".escapedForTerminal())
        let text =
            message.text?.escapedForTerminal()
            ?? dim("(deleted by \(message.deletion?.by.escapedForTerminal() ?? "its sender"))")
        return "\(place)  \(people): \(text)"
    }
}

extension LogTime {
    /// `2025-11-21 04:00:00Z`; nonsense from a server gives a strange date, never a trap.
    package var text: String { CivilTime(Timestamp(milliseconds: milliseconds)).readable }
}
