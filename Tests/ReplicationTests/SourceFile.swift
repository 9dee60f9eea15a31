import Foundation
import Testing

/// A Swift file of this package, as the tests of its layout read it.
struct SourceFile {
    /// As `Replication/Node/Node.swift`.
    var path: String
    /// Without comments.
    var lines: [(number: Int, text: Substring)]
    /// All lines.
    var count: Int

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func all(in folder: String = "Sources") throws -> [SourceFile] {
        let base = root.appending(path: folder)
        let names = try #require(FileManager.default.enumerator(atPath: base.path()))
        var found: [SourceFile] = []
        for case let name as String in names where name.hasSuffix(".swift") {
            let text = try String(contentsOf: base.appending(path: name), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let code = lines.enumerated().filter { !$1.drop { $0 == " " }.hasPrefix("//") }
            found.append(
                SourceFile(
                    path: name,
                    lines: code.map { (number: $0.offset + 1, text: $0.element) },
                    count: lines.count - 1
                )
            )
        }
        try #require(found.count > 20)
        return found
    }

    func isIn(_ folders: [String]) -> Bool {
        folders.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    var imports: [Substring] {
        lines.compactMap { line in
            let words = line.text.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1
            else { return nil }
            return words[place + 1]
        }
    }
}
