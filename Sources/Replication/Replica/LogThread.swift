import Storage

/// Calls an embedder's sink on a thread of its own, so that one that blocks stalls neither the loop
/// nor the journal (pitfall 47).
package final class LogThread: Sendable {
    private struct Line: Sendable {
        var level: LogLevel
        var text: String
        /// How many were dropped since the line before.
        var droppedBefore: Int
    }

    private struct State: Sendable {
        var waiting = 0
        var dropped = 0

        mutating func takeDropped() -> Int {
            defer { dropped = 0 }
            return dropped
        }
    }

    /// Lines that wait at the most; those that come then are dropped.
    package static let limit = 4_096
    /// How long the end waits for a sink that blocks.
    private static let patience = Duration.seconds(1)

    private let lines = Mailbox<Line>()
    private let isOver = Mailbox<Bool>()
    private let state = Lock(State())
    /// What says its lines here; it never blocks.
    package let sink: LogSink

    /// Begins to hand lines over.
    package init(_ target: LogSink) {
        let (lines, isOver, state) = (lines, isOver, state)
        sink = target.passing { level, text in
            let droppedBefore: Int? = state.withLock { state in
                guard state.waiting < Self.limit else {
                    state.dropped += 1
                    return nil
                }
                state.waiting += 1
                return state.takeDropped()
            }
            guard let droppedBefore else { return }
            lines.push(Line(level: level, text: text, droppedBefore: droppedBefore))
        }
        guard !target.isSilent else {
            isOver.close()
            return
        }
        let tellDropped = { @Sendable (count: Int) in
            guard count > 0 else { return }
            target.log(.error, "\(count) lines of this log were dropped: it is too slow")
        }
        runOnThread {
            while let batch = lines.takeAll() {
                for line in batch {
                    tellDropped(line.droppedBefore)
                    target.log(line.level, line.text)
                    state.withLock { $0.waiting -= 1 }
                }
                // With lines still to come, the next that found room says where the gap is.
                tellDropped(state.withLock { $0.waiting == 0 ? $0.takeDropped() : 0 })
            }
            isOver.push(true)
        }
    }

    /// Hands over what waits, if the sink takes it in time; its thread is left to itself if not.
    ///
    /// Calling it again does nothing.
    package func stop() {
        lines.close()
        _ = isOver.takeAll(waiting: Self.patience)
        isOver.close()
    }

    deinit { stop() }
}
