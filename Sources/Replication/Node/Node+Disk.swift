import Storage

/// A node whose disk is full (pitfall 40).
///
/// It takes no requests, does not lead, and accepts no entries. It goes on reading, voting and
/// applying what it holds, and goes on by itself once there is space.
extension Node {
    mutating func take(_ space: JournalSpace) {
        switch space {
        case .full(let reason):
            shortage = reason
            log(.error, "requests are refused until there is space: \(reason)")
        case .free:
            shortage = nil
            log(.notice, "there is space on the disk again, and requests are taken")
        }
        stepCore(.disk(isFull: shortage != nil))
    }
}
