import ChatOptions
import Replication
import Storage

/// The profiles of the user who runs the program: a file each, which nobody else may read.
package struct ProfileStore: Sendable {
    /// Where they are.
    package let directory: String
    private let files = DiskFileSystem()

    /// Finds the place: `$XDG_STATE_HOME/chat`, or `~/.local/state/chat`.
    package init(environment: [String: String]) throws {
        // Paths that are not absolute are to be ignored, says the XDG specification.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            directory = FilePath.join(state, "chat")
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            directory = FilePath.join(home, ".local/state/chat")
        } else {
            throw Failure(
                .configuration,
                code: "no_home",
                "neither XDG_STATE_HOME nor HOME says where to keep the session"
            )
        }
    }

    /// Whether a name can be a file's.
    package static func isValid(name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
                }
            }
    }

    /// Where a profile is.
    package func path(of name: String) -> String { FilePath.join(directory, "\(name).json") }

    /// Reads a profile; nil if there is none.
    ///
    /// - Throws: ``Failure`` if others may read or change it, or if it is damaged.
    package func load(_ name: String) throws -> Profile? {
        let path = path(of: name)
        guard try files.exists(path) else { return nil }
        try FileModes.checkPrivate(directory, remedy: "chmod 700 \(directory)")
        try FileModes.checkPrivate(path, remedy: "chmod 600 \(path)")
        let file = try files.openForReading(path)
        defer { file.close() }
        let bytes = try file.read(at: 0, count: min(try file.size(), 1 << 16))
        do throws(LineError) { return try Profile(lineBytes: bytes) } catch {
            throw Failure(
                .configuration,
                code: "profile_damaged",
                "\(path) is no profile: \(error); remove it and log in again"
            )
        }
    }

    /// Keeps a profile, in place of the one of this name.
    ///
    /// A new file takes the old one's name, so that a crash leaves one or the other.
    package func save(_ profile: Profile, as name: String) throws {
        try prepare()
        let temporary = FilePath.join(directory, ".\(name).\(ClusterClient.randomKey())")
        let file = try files.create(temporary)
        do {
            defer { file.close() }
            try file.write(profile.lineBytes + [UInt8(ascii: "\n")], at: 0)
            try file.synchronize()
            try files.rename(temporary, to: path(of: name))
        } catch {
            try? files.remove(temporary)
            throw error
        }
        try files.syncDirectory(directory)
    }

    /// Forgets a profile.
    package func remove(_ name: String) throws {
        let path = path(of: name)
        if try files.exists(path) { try files.remove(path) }
    }

    /// Makes the directory, or checks it; to be called before a password is asked for.
    package func prepare() throws {
        do {
            try files.createDirectories(directory)
        } catch {
            throw Failure(.cannotCreate, code: "cannot_create", error.description)
        }
        try FileModes.checkPrivate(directory, remedy: "chmod 700 \(directory)")
    }
}
