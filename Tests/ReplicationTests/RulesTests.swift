import Foundation
import TestSupport
import Testing

/// Rules of layout that the compiler does not check, as a look into the sources.
@Suite struct RulesTests {
    /// Where `word` stands as code, as `path:line`.
    private func places(of word: String, in source: SourceFile) -> [String] {
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
            "Replication/Foundations", "Replication/Service", "Replication/Consensus",
            "Replication/State", "Replication/Wire", "Replication/Node", "Replication/HTTP",
            "Replication/Simulation", "ChatCore", "Storage/Foundations", "Storage/Journal",
            "Storage/Collections", "Storage/Lines",
        ]
        // The hash of a password and the calendar are the C library's.
        let exceptions = [
            "ChatCore/Service/PasswordHash.swift", "Replication/Foundations/CivilTime.swift",
        ]
        for source in try SourceFile.all() where source.isIn(pure) && !source.isIn(exceptions) {
            #expect(system.isDisjoint(with: source.imports), "\(source.path)")
        }
    }

    @Test @Aside func `the model of the chat imports the collections alone`() throws {
        for source in try SourceFile.all()
        where source.isIn(["ChatCore"]) && !source.isIn(["ChatCore/Service"]) {
            #expect(Set(source.imports).isSubset(of: ["ReplicationCollections"]), "\(source.path)")
        }
    }

    @Test @Aside func `arrows between modules run downward only`() throws {
        let above: [(folder: String, forbidden: Set<Substring>)] = [
            ("Storage", ["Replication", "ChatCore", "ChatService", "ChatOptions"]),
            ("Replication", ["ChatCore", "ChatService", "ChatOptions"]),
            ("chat-cli/Options", ["Replication", "Storage", "ChatCore", "ChatService"]),
        ]
        for source in try SourceFile.all() {
            for (folder, forbidden) in above where source.isIn([folder]) {
                #expect(forbidden.isDisjoint(with: source.imports), "\(source.path)")
            }
        }
    }

    /// The lowest first: a folder uses those before it.
    private static let order = [
        "Replication": [
            "Foundations", "Service", "Consensus", "State", "Wire", "Transport", "Node", "HTTP",
            "Client", "Front", "Replica", "Simulation",
        ],
        "Storage": [
            "Storage", "Lines", "Foundations", "Threads", "Files", "Snapshots", "Journal",
            "Scrubber", "Collections",
        ],
    ]

    @Test(arguments: ["Replication", "Storage"])
    @Aside func `arrows between folders run downward only`(module: String) throws {
        let order = try #require(Self.order[module])
        let graph = FolderGraph(of: module, try SourceFile.all())
        print(graph.text(order))
        #expect(graph.edges.count > 10)
        #expect(graph.upward(order) == [])
    }

    /// A front and a client share the protocol, and nothing else.
    @Test @Aside func `client and front do not know each other`() throws {
        let graph = FolderGraph(of: "Replication", try SourceFile.all())
        #expect(graph.edges[FolderGraph.Edge(from: "Client", to: "Front")] == nil)
        #expect(graph.edges[FolderGraph.Edge(from: "Front", to: "Client")] == nil)
    }

    @Test @Aside func `nothing imports Foundation`() throws {
        for source in try SourceFile.all() {
            #expect(!source.imports.contains("Foundation"), "\(source.path)")
        }
    }

    @Test @Aside func `only what touches a descriptor or a thread imports the C library`() throws {
        let allowed = [
            "Storage/Files", "Storage/Threads", "Replication/Transport",
            // The calendar of the system.
            "Replication/Foundations/CivilTime.swift",
            "ChatCore/Service/PasswordHash.swift", "chat-node", "chat-cli/Options/Terminal",
            "chat-cli/System",
        ]
        for source in try SourceFile.all() where !source.isIn(allowed) {
            #expect(!source.imports.contains("Glibc"), "\(source.path)")
        }
    }

    @Test @Aside func `unsafe stands only where the system begins`() throws {
        let allowed = [
            "Storage/Files", "Storage/Threads", "Storage/Lines/Checksum.swift",
            "Replication/Transport", "Replication/Foundations/CivilTime.swift",
            "ChatCore/Service/PasswordHash.swift", "chat-node/System",
            "chat-cli/Options/Terminal", "chat-cli/System",
            // One line each: the executor of an actor, handed out without a retain.
            "Replication/Replica/Replica.swift", "Replication/Client/ClusterClient.swift",
            "Replication/Client/EventStreamReader.swift",
            // In no build that is shipped.
            "Storage/PlantedBug.swift",
        ]
        for source in try SourceFile.all() where !source.isIn(allowed) {
            #expect(places(of: "unsafe", in: source) == [])
        }
    }

    @Test @Aside func `input does not trap by force`() throws {
        for source in try SourceFile.all() {
            let found = source.lines.filter { line in
                ["try!", "fatalError(", "as!", "unsafeBitCast"].contains {
                    line.text.contains($0)
                }
            }
            #expect(found.map { "\(source.path):\($0.number)" } == [])
        }
    }

    @Test @Aside func `a file holds one concept, and so at most 400 lines`() throws {
        for source in try SourceFile.all() {
            #expect(source.count <= 400, "\(source.path)")
        }
    }

    @Test @Aside func `nothing is put off in a comment`() throws {
        for source in try SourceFile.all() {
            let text = try String(
                contentsOf: SourceFile.root.appending(path: "Sources/" + source.path),
                encoding: .utf8
            )
            for word in ["TODO", "FIXME", "XXX", "MARK:"] {
                #expect(!text.contains(word), "\(source.path) has \(word)")
            }
        }
    }

    @Test @Aside func `every known mistake has a test that names it, or a reason why not`() throws {
        let document = try String(
            contentsOf: SourceFile.root.appending(path: "Docs/Testing.md"),
            encoding: .utf8
        )
        let names = try SourceFile.all(in: "Tests").flatMap { source in
            source.lines.map(\.text).filter { $0.contains("func `pitfall ") }
        }
        for number in 1...60 {
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
