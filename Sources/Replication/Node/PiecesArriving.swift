/// The pieces of one snapshot that are being written, one after the other, and what follows them.
///
/// A bounded number of bytes waits to be written; what does not follow is not taken.
struct PiecesArriving: Hashable, Sendable {
    private let maximumBytes: Int
    /// How much is written, as far as is known.
    private(set) var written: Int
    /// The end of the last piece that was taken: the next one begins there.
    private var end: Int
    /// The ends of the pieces that are being written, in order; nil for those that do not follow
    /// what is written, and so will not be.
    private var ends: [Int?] = []

    /// Begins with a piece at this offset, whatever was written by an earlier transfer.
    init(from offset: Int, maximumBytes: Int) {
        written = offset
        end = offset
        self.maximumBytes = maximumBytes
    }

    /// Whether a piece is being written.
    var isWriting: Bool { !ends.isEmpty }

    /// Takes a piece to be written, if it follows and there is room; one may always wait.
    mutating func take(_ bytes: Int, at offset: Int) -> Bool {
        guard offset == end, !isWriting || end - written + bytes <= maximumBytes else {
            return false
        }
        end += bytes
        ends.append(end)
        return true
    }

    /// The first of the pieces was written, or not taken by the file: so much is there.
    ///
    /// The file may hold more than was sent, from an earlier transfer, or less.
    mutating func wrote(through offset: Int) {
        guard isWriting else { return }
        let expected = ends.removeFirst()
        written = offset
        if let expected {
            guard expected != offset else { return }
            end = offset
            ends = ends.map { _ in nil }
        } else {
            end = max(end, offset)
        }
    }
}
