import Storage
import Testing

extension ClusterTests {
    /// The plan that a demo keeps of its nodes.
    @Suite struct DemoPlanTests {
        private let directory: CommandDirectory

        init() throws { directory = try CommandDirectory() }

        @Test(arguments: [
            ("", "it is empty"), ("\n", "it names no node"),
            (
                #"{"id":"n1","client":"127.0.0.1:1","peer":"127.0.0.1:2"}"#,
                "its last line is cut off"
            ),
            ("{\"id\":\"n1\"}\n", "line 1: "),
        ])
        func `a plan that is no plan is refused by its name`(
            _ plan: String,
            _ reason: String
        ) async throws {
            let path = "\(directory.path)/demo.jsonl"
            let file = try DiskFileSystem().create(path)
            try file.write(Array(plan.utf8), at: 0)
            file.close()
            let errors = "\(directory.path)/errors"
            let program = try Program(
                "chat-node",
                ["demo", "--data-dir", directory.path],
                errorsTo: errors
            )
            #expect(try await program.rest() == [])
            #expect(try await program.end() == .code(78))
            let said = text(ofFile: errors)
            #expect(said.hasPrefix("Error: \(path) is no plan of a demo: \(reason)"))
        }
    }
}
