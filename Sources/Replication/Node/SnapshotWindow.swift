import Storage

/// The pieces of a snapshot that are on their way to one member.
///
/// A member says how much it has from the beginning on, and takes only what follows that. So what
/// was sent and lost shows by silence, and all behind it is sent again.
///
/// One piece is on its way until the member has answered one, for nobody knows before what it holds
/// of an earlier transfer. Each piece that is answered soon allows one more, up to the limits. An
/// answer that took longer than ``patience`` allows halves their number: over a slow connection more
/// pieces would only wait in its buffers, until they are sent again for nothing.
package struct SnapshotWindow: Hashable, Sendable {
    /// How much is on its way to one member at most.
    package struct Limits: Hashable, Sendable {
        /// The length of a piece, but for a single line that is longer.
        package var pieceBytes = 256 << 10
        /// All that was not answered; one piece may always go.
        package var bytes = 4 << 20
        /// All pieces that were not answered.
        package var pieces = 16

        /// The limits of the protocol.
        package init() {}
    }

    private struct Piece: Hashable, Sendable {
        var end: Int
        var bytes: Int
        var sentAt: Instant
    }

    /// How long an answer is waited for.
    static let patience = Duration.seconds(1)

    private let limits: Limits
    /// What was sent and not answered, in order.
    private var pieces: [Piece] = []
    /// How many pieces may be on their way now.
    private var allowed = 1
    /// What the member holds, from the beginning on.
    private(set) var acknowledged = 0
    /// Where the next piece begins.
    private(set) var next = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Whether nothing is on its way.
    var isEmpty: Bool { pieces.isEmpty }
    /// The length of the piece that is to be answered next, or 0.
    var firstBytes: Int { pieces.first?.bytes ?? 0 }
    /// Whether one more piece may be sent.
    var hasRoom: Bool {
        pieces.isEmpty
            || pieces.count < min(allowed, limits.pieces)
                && next - acknowledged + limits.pieceBytes <= limits.bytes
    }

    /// A piece was sent that begins at ``next``.
    mutating func sent(bytes: Int, at now: Instant) {
        next += bytes
        pieces.append(Piece(end: next, bytes: bytes, sentAt: now))
    }

    /// The member has this much.
    ///
    /// Where that is not the end of a piece on its way, or less than it had, all that is on its way
    /// is of no use to it: the next piece begins there.
    ///
    /// - Returns: Whether it has another number of bytes than before.
    mutating func acknowledge(_ offset: Int, at now: Instant) -> Bool {
        guard offset != acknowledged else { return false }
        acknowledged = offset
        guard let last = pieces.firstIndex(where: { $0.end == offset }) else {
            pieces = []
            next = offset
            return true
        }
        if now - pieces[last].sentAt > Self.patience / 2 {
            allowed = max(allowed / 2, 1)
        } else {
            allowed = min(allowed + last + 1, limits.pieces)
        }
        pieces.removeFirst(last + 1)
        return true
    }

    /// Nothing was answered for too long: all is sent again, at first one piece.
    mutating func restart() {
        pieces = []
        allowed = 1
        next = acknowledged
    }
}
