import Storage

/// The room that all connections share for requests that are not whole yet.
///
/// A small request needs none. A connection that has no room is not read until others give theirs
/// back, in the order of asking; what it has sent waits in the system's buffers.
struct RequestRoom {
    private let bytes: Int
    private var taken: [PollKey: (bytes: Int, since: Instant)] = [:]
    private var takenBytes = 0
    private var wanted: [PollKey: Int] = [:]
    private var line = Rotation<PollKey>()
    /// The one whose turn it is, and whose wish does not fit yet.
    private var nextKey: PollKey?

    init(bytes: Int) { self.bytes = bytes }

    /// Whether somebody waits for room.
    var isWanted: Bool { !wanted.isEmpty }

    /// Whether the connection waits for room.
    func isWanted(by key: PollKey) -> Bool { wanted[key] != nil }

    /// Whether a connection may go on sending a request of so many bytes.
    ///
    /// If not, it stands in the line from now on, and ``next(at:)`` gives it when its turn comes.
    mutating func take(_ count: Int, for key: PollKey, at now: Instant) -> Bool {
        if let has = taken[key] {
            takenBytes += max(0, count - has.bytes)
            taken[key]?.bytes = max(count, has.bytes)
            return true
        }
        if wanted[key] != nil { return false }
        guard wanted.isEmpty, fits(count) else {
            wanted[key] = count
            line.append(key)
            return false
        }
        grant(count, to: key, at: now)
        return true
    }

    /// Gives back what a connection has, and its place in the line.
    mutating func giveBack(_ key: PollKey) {
        if let had = taken.removeValue(forKey: key) { takenBytes -= had.bytes }
        guard wanted.removeValue(forKey: key) != nil else { return }
        line.remove(key)
        if nextKey == key { nextKey = nil }
    }

    /// The next connection that may go on; nil if there is none, or no room.
    mutating func next(at now: Instant) -> PollKey? {
        guard let key = nextKey ?? line.removeFirst(), let count = wanted[key] else { return nil }
        guard fits(count) else {
            nextKey = key
            return nil
        }
        nextKey = nil
        wanted[key] = nil
        grant(count, to: key, at: now)
        return key
    }

    /// Those that have had room for too long while others wait.
    func late(at now: Instant, after limit: Duration) -> [PollKey] {
        guard isWanted else { return [] }
        return taken.filter { now - $0.value.since > limit }.keys.sorted { $0.value < $1.value }
    }

    /// A request larger than all the room has it alone.
    private func fits(_ count: Int) -> Bool { takenBytes == 0 || takenBytes + count <= bytes }

    private mutating func grant(_ count: Int, to key: PollKey, at now: Instant) {
        taken[key] = (count, now)
        takenBytes += count
    }
}
