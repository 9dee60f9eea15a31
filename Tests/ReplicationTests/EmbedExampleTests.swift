import Storage
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The example of the README compiles, runs, and is the one that stands there.
@Suite(.timeLimit(.minutes(20))) struct EmbedExampleTests {
    @Test func `the embedded tally answers over the network`() async throws {
        var template = Array("/tmp/swift-chat-embed-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template).map { unsafe String(cString: $0) }
        let directory = try #require(made)
        defer { unsafe rmdir(directory) }
        let (sum, total) = try await embedTally(in: directory)
        let files = DiskFileSystem()
        for name in try files.list(directory) { try files.remove("\(directory)/\(name)") }
        #expect(sum == #"{"index":3,"output":2}"#)
        #expect(total == #"{"index":3,"answer":2}"#)
    }

    @Test(arguments: ["machine", "run"])
    @Aside func `the README shows the example as it is compiled`(part: String) throws {
        let readme = try Self.text("README.md")
        let source = try Self.text("Tests/ReplicationTests/EmbedExample.swift")
        let example = try Self.part(part, of: source)
        #expect(readme.contains("```swift\n\(example)\n```"))
    }

    @Test @Aside func `each sealed line in the documents has its checksum`() throws {
        for document in ["Docs/FileFormat.md", "Docs/Protocol.md", "Docs/Architecture.md"] {
            let lines = try Self.text(document).split(separator: "\n")
                .filter { $0.hasPrefix("{") && $0.contains(#","crc":""#) }
            if document.hasSuffix("FileFormat.md") { #expect(lines.count >= 10) }
            for line in lines {
                let bytes = Array(line.utf8)
                #expect(throws: Never.self, "\(document): \(line)") {
                    _ = try Line.check(bytes, in: 0..<bytes.count)
                }
            }
        }
    }

    /// The lines between two marks, without their common indentation.
    private static func part(_ name: String, of source: String) throws -> String {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        let first = try #require(lines.firstIndex { $0.hasSuffix("// begin \(name)") })
        let end = try #require(lines.firstIndex { $0.hasSuffix("// end \(name)") })
        let indentation = lines[first].prefix { $0 == " " }.count
        return lines[first + 1..<end].map { $0.dropFirst(indentation) }.joined(separator: "\n")
    }

    private static func text(_ path: String) throws -> String {
        // This file is two directories below the root of the package.
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let file = try DiskFileSystem().open(root.joined(separator: "/") + "/" + path)
        defer { file.close() }
        return String(decoding: try file.read(at: 0, count: try file.size()), as: UTF8.self)
    }
}
