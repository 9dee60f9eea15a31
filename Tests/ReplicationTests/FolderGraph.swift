/// Which folder of a module uses which, by the names of types.
///
/// A file uses a folder if it names a type that stands there at the top of a file. Left out are names
/// that stand at the top in two folders, those behind a point, and those that a nested type has in
/// the file's own folder.
struct FolderGraph {
    /// The names that bind a folder to another, with the files that use them.
    private(set) var edges: [Edge: Set<String>] = [:]

    struct Edge: Hashable {
        var from: String
        var to: String
    }

    /// Reads the sources of a module.
    init(of module: String, _ sources: [SourceFile]) {
        let files = sources.filter { $0.path.hasPrefix(module + "/") }
        var homes: [Substring: Set<String>] = [:]
        var nested: [String: Set<Substring>] = [:]
        for file in files {
            let own = Self.folder(of: file, module)
            for line in file.lines {
                guard let name = Self.declared(line.text) else { continue }
                if line.text.first == " " {
                    nested[own, default: []].insert(name)
                } else {
                    homes[name, default: []].insert(own)
                }
            }
        }
        for file in files {
            let own = Self.folder(of: file, module)
            for line in file.lines {
                for name in Self.names(line.text) where nested[own]?.contains(name) != true {
                    guard let home = homes[name], home.count == 1, let other = home.first,
                        other != own
                    else { continue }
                    edges[Edge(from: own, to: other), default: []]
                        .insert("\(file.path):\(line.number) uses \(name)")
                }
            }
        }
    }

    /// The uses that run upwards, where `order` names the lowest folder first.
    func upward(_ order: [String]) -> [String] {
        edges.filter { edge, _ in
            guard let from = order.firstIndex(of: edge.from),
                let to = order.firstIndex(of: edge.to)
            else { return true }
            return from < to
        }
        .flatMap(\.value).sorted()
    }

    /// A line a folder, with the folders that it uses.
    func text(_ order: [String]) -> String {
        order.map { folder in
            let used = order.filter { edges[Edge(from: folder, to: $0)] != nil }
            return "\(folder) -> \(used.joined(separator: ", "))"
        }
        .joined(separator: "\n")
    }

    /// The folder right below the module, or the module's name.
    private static func folder(of file: SourceFile, _ module: String) -> String {
        let parts = file.path.dropFirst(module.count + 1).split(separator: "/")
        return parts.count > 1 ? String(parts[0]) : module
    }

    private static let kinds: Set<Substring> = [
        "struct", "enum", "class", "actor", "protocol", "typealias",
    ]

    /// The name of the type that a line declares, at any depth.
    private static func declared(_ line: Substring) -> Substring? {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(where: { kinds.contains($0) }), place < 6,
            words.count > place + 1,
            words[..<place].allSatisfy({ $0.hasPrefix("@") || $0.first?.isLowercase == true })
        else { return nil }
        let name = words[place + 1].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return name.first?.isUppercase == true ? name : nil
    }

    /// The capitalised names of a line outside of its strings, of `A.B` the first.
    private static func names(_ line: Substring) -> [Substring] {
        line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 0 }
            .flatMap { part in
                part.element.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
                    .map { $0.prefix { $0 != "." } }
                    .filter { $0.first?.isUppercase == true }
            }
    }
}
