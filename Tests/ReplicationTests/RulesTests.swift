import Foundation
import TestSupport
import Testing

/// Rules of layout that the compiler does not check, as a look into the sources.
@Suite struct RulesTests {
    private struct Source {
        /// As `Replication/Node/Node.swift`.
        var path: String
        /// Without comments.
        var lines: [(number: Int, text: Substring)]
        var count: Int

        func isIn(_ folders: [String]) -> Bool {
            folders.contains { path == $0 || path.hasPrefix($0 + "/") }
        }
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func sources(in folder: String = "Sources") throws -> [Source] {
        let base = Self.root.appending(path: folder)
        let names = try #require(FileManager.default.enumerator(atPath: base.path()))
        var found: [Source] = []
        for case let name as String in names where name.hasSuffix(".swift") {
            let text = try String(contentsOf: base.appending(path: name), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let code = lines.enumerated().filter { !$1.drop { $0 == " " }.hasPrefix("//") }
            found.append(
                Source(
                    path: name,
                    lines: code.map { (number: $0.offset + 1, text: $0.element) },
                    count: lines.count - 1
                )
            )
        }
        try #require(found.count > 20)
        return found
    }

    private func imports(of source: Source) -> [Substring] {
        source.lines.compactMap { line in
            let words = line.text.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1
            else { return nil }
            return words[place + 1]
        }
    }

    /// Where `word` stands as code, as `path:line`.
    private func places(of word: String, in source: Source) -> [String] {
        source.lines.filter { line in
            line.text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { $0 == word }
        }
        .map { "\(source.path):\($0.number)" }
    }

    @Test @Aside func `the deterministic folders import nothing of the system`() throws {
        let system: Set<Substring> = [
            "Glibc", "Darwin", "Dispatch", "Synchronization", "Foundation",
        ]
        let pure = [
            "Replication/Consensus", "Replication/Node", "Replication/Simulation", "ChatCore",
            "Storage/Journal", "Storage/Collections", "Storage/Lines",
        ]
        // The password's hash is the C library's.
        for source in try sources()
        where source.isIn(pure) && source.path != "ChatCore/Service/PasswordHash.swift" {
            #expect(system.isDisjoint(with: imports(of: source)), "\(source.path)")
        }
    }

    @Test @Aside func `the model of the chat imports the collections alone`() throws {
        for source in try sources()
        where source.isIn(["ChatCore"]) && !source.isIn(["ChatCore/Service"]) {
            #expect(Set(imports(of: source)).isSubset(of: ["Collections"]), "\(source.path)")
        }
    }

    @Test @Aside func `arrows between modules run downward only`() throws {
        let above: [(folder: String, forbidden: Set<Substring>)] = [
            ("Storage", ["Replication", "ChatCore", "ChatService", "Options"]),
            ("Replication", ["ChatCore", "ChatService", "Options"]),
            ("chat-cli/Options", ["Replication", "Storage", "ChatCore", "ChatService"]),
        ]
        for source in try sources() {
            for (folder, forbidden) in above where source.isIn([folder]) {
                #expect(forbidden.isDisjoint(with: imports(of: source)), "\(source.path)")
            }
        }
    }

    @Test @Aside func `nothing imports Foundation`() throws {
        for source in try sources() {
            #expect(!imports(of: source).contains("Foundation"), "\(source.path)")
        }
    }

    @Test @Aside func `only what touches a descriptor or a thread imports the C library`() throws {
        let allowed = [
            "Storage/Files", "Storage/Threads", "Replication/Transport",
            "ChatCore/Service/PasswordHash.swift", "chat-node", "chat-cli/Options/Terminal",
            "chat-cli/System",
        ]
        for source in try sources() where !source.isIn(allowed) {
            #expect(!imports(of: source).contains("Glibc"), "\(source.path)")
        }
    }

    @Test @Aside func `unsafe stands only where the system begins`() throws {
        let allowed = [
            "Storage/Files", "Storage/Threads", "Storage/Lines/Checksum.swift",
            "Replication/Transport", "ChatCore/Service/PasswordHash.swift", "chat-node/System",
            "chat-cli/Options/Terminal", "chat-cli/System",
            // One line each: the executor of an actor, handed out without a retain.
            "Replication/Replica.swift", "Replication/Client/ClusterClient.swift",
            "Replication/Client/EventStreamReader.swift",
            // In no build that is shipped.
            "Storage/PlantedBug.swift",
        ]
        for source in try sources() where !source.isIn(allowed) {
            #expect(places(of: "unsafe", in: source) == [])
        }
    }

    @Test @Aside func `input does not trap by force`() throws {
        for source in try sources() {
            let found = source.lines.filter { line in
                ["try!", "fatalError(", "as!", "unsafeBitCast"].contains {
                    line.text.contains($0)
                }
            }
            #expect(found.map { "\(source.path):\($0.number)" } == [])
        }
    }

    @Test @Aside func `a file holds one concept, and so at most 400 lines`() throws {
        // A whole grammar in one place: the strict reader.
        let listed: Set = ["Storage/Lines/JSONReader.swift"]
        for source in try sources() where !listed.contains(source.path) {
            #expect(source.count <= 400, "\(source.path)")
        }
    }

    @Test @Aside func `nothing is put off in a comment`() throws {
        for source in try sources() {
            let text = try String(
                contentsOf: Self.root.appending(path: "Sources/" + source.path),
                encoding: .utf8
            )
            for word in ["TODO", "FIXME", "XXX", "MARK:"] {
                #expect(!text.contains(word), "\(source.path) has \(word)")
            }
        }
    }

    @Test @Aside func `every known mistake has a test that names it, or a reason why not`() throws {
        let document = try String(
            contentsOf: Self.root.appending(path: "Docs/Testing.md"),
            encoding: .utf8
        )
        let names = try sources(in: "Tests").flatMap { source in
            source.lines.map(\.text).filter { $0.contains("func `pitfall ") }
        }
        for number in 1...58 {
            let row = document.split(separator: "\n").first { $0.hasPrefix("| \(number) |") }
            let text = try #require(row, "pitfall \(number) is not in the table")
            let isTested = names.contains { $0.contains("`pitfall \(number): ") }
            let isExcused = text.contains("does not apply: ")
            #expect(isTested != isExcused, "pitfall \(number): a test, or a reason, and not both")
            // The row names all of them, and none that is gone.
            let told =
                isExcused
                ? []
                : (text.split(separator: "|").last ?? "").split(separator: "`").enumerated()
                    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            let found = names.compactMap { name -> String? in
                guard let start = name.firstRange(of: "`pitfall \(number): ") else { return nil }
                return String(name[start.upperBound...].prefix { $0 != "`" })
            }
            #expect(told.sorted() == found.sorted(), "the tests of pitfall \(number)")
        }
    }
}
