package import Storage

/// What a node orders for a snapshot that is sent to or comes from another one.
package enum SnapshotOrder: Sendable {
    /// Read a piece for a member; then report `snapshotRead`.
    case read(LogPosition, offset: Int, maximumBytes: Int, for: NodeIdentity)
    /// Write a piece that comes from the leader; then report `snapshotReceived`.
    case receive(SnapshotPiece, [[UInt8]])
    /// Check a snapshot that is here as a whole, give it its name, and read its state; then report
    /// `snapshotChecked`.
    case install(
        LogPosition,
        bytes: Int,
        @Sendable (inout SnapshotReader) throws(SnapshotError) -> any HostedState
    )
    /// Remove the snapshots before this one.
    case drop(before: LogPosition)
    /// Remove all snapshots but this one.
    case keep(LogPosition)
}

extension SnapshotStore {
    /// Carries out an order; blocks.
    ///
    /// - Returns: What the node is told.
    package func carryOut(_ order: SnapshotOrder) -> NodeInput? {
        switch order {
        case .read(let position, let offset, let maximumBytes, let peer):
            let result = Result { () throws(SnapshotError) in
                try lines(of: position, at: offset, maximumBytes: maximumBytes)
            }
            return .snapshotRead(SnapshotRead(position, offset: offset, result), for: peer)
        case .receive(let piece, let lines):
            let result = Result { () throws(SnapshotError) in try take(piece, lines) }
            return .snapshotReceived(piece.position, result)
        case .install(let position, let bytes, let restore):
            let result = Result { () throws(SnapshotError) in
                try install(position, bytes: bytes, restore)
            }
            return .snapshotChecked(position, result)
        case .drop(let position):
            // What is left counts for nothing, and goes with the next one.
            do throws(SnapshotError) { try removeOthers(keeping: position) } catch {}
            return nil
        case .keep(let position):
            do throws(SnapshotError) {
                for index in try indices() where index > position.index {
                    try remove(LogPosition(index: index, term: position.term))
                }
                try removeOthers(keeping: position)
            } catch {}
            return nil
        }
    }
}
