import Storage

/// How much memory this process may still take before the system ends it.
///
/// A container's limit ends a process without a word, and what it did not answer goes to the next
/// node. Read from the control groups, version 2 and 1, of the process and above it; memory that only
/// caches files is free for the asking.
package struct MemoryRoom: Sendable {
    private let read: @Sendable (String) -> String?

    /// Reads with `read`, which gives a file's text or nil.
    package init(read: @escaping @Sendable (String) -> String? = { readSystemFile($0) }) {
        self.read = read
    }

    /// The least that any of the limits leaves, or nil if there is none.
    package var bytes: Int? {
        groups.compactMap { group in
            guard let limit = number(group.limit), let usage = number(group.usage) else {
                return nil
            }
            return max(0, limit - max(0, usage - cached(group)))
        }.min()
    }

    /// Where a group says what.
    private struct Group {
        var limit: String
        var usage: String
        var statistics: String
        /// What its statistics call memory that caches files.
        var cached: [String]
    }

    /// The groups of this process, and those that they are part of.
    ///
    /// A container sees its own group at the top, whatever the name is that it is told.
    private var groups: [Group] {
        var found: [Group] = []
        for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[0] == "0", parts[1].isEmpty {
                found += Self.paths(of: parts[2]).map { Self.second("/sys/fs/cgroup\($0)") }
            } else if parts[1].split(separator: ",").contains("memory") {
                found += Self.paths(of: parts[2]).map { Self.first("/sys/fs/cgroup/memory\($0)") }
            }
        }
        return found
    }

    /// A group's path and those above it, to the top, which is empty.
    private static func paths(of path: Substring) -> [String] {
        var paths = [""]
        for name in path.split(separator: "/") { paths.append("\(paths[paths.count - 1])/\(name)") }
        return paths
    }

    private static func second(_ directory: String) -> Group {
        Group(
            limit: "\(directory)/memory.max",
            usage: "\(directory)/memory.current",
            statistics: "\(directory)/memory.stat",
            cached: ["inactive_file", "active_file"]
        )
    }

    private static func first(_ directory: String) -> Group {
        Group(
            limit: "\(directory)/memory.limit_in_bytes",
            usage: "\(directory)/memory.usage_in_bytes",
            statistics: "\(directory)/memory.stat",
            cached: ["total_inactive_file", "total_active_file"]
        )
    }

    /// The number that a file holds; `max` is none.
    private func number(_ path: String) -> Int? {
        read(path)?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }

    private func cached(_ group: Group) -> Int {
        (read(group.statistics) ?? "").split(separator: "\n").reduce(0) { sum, line in
            let words = line.split(separator: " ")
            guard words.count == 2, group.cached.contains(String(words[0])) else { return sum }
            return sum + (Int(words[1]) ?? 0)
        }
    }
}
