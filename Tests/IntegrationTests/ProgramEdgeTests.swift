import Glibc
import Storage
import Testing

extension ClusterTests {
    /// What a shell, a cron job or a service manager may start the programs with.
    @Suite struct ProgramEdgeTests {
        /// A directory of a test's own with a shell that runs scripts in it.
        struct Desk {
            let directory: CommandDirectory

            init() throws { directory = try CommandDirectory() }

            var path: String { directory.path }

            /// Runs a script in which `$C` and `$N` are the programs; 0 to 2 are open.
            func run(_ script: String) throws -> (output: String, status: Int32) {
                let setting = """
                    C='\(Program.path(of: "chat-cli"))' N='\(Program.path(of: "chat-node"))'
                    export XDG_STATE_HOME='\(path)' CHAT_SERVERS=127.0.0.1:1 CHAT_TIMEOUT=20s
                    case $C in /*) ;; *) C=$PWD/$C N=$PWD/$N ;; esac
                    cd '\(path)'

                    """
                return try OptionsShell.run("/bin/sh", [], script: setting + script)
            }
        }

        @Test(arguments: [
            ("$C --version >&-", "Bad file descriptor"),
            ("$N --version >&-", "Bad file descriptor"),
            ("$C --help >/dev/full", "No space left on device"),
            ("$N --help >/dev/full", "No space left on device"),
            ("$N log verify --data-dir n1 >/dev/full", "No space left on device"),
            ("$N log stat --data-dir n1 >&-", "Bad file descriptor"),
        ])
        func `standard output that takes nothing is one clear error, and code 74`(
            command: String,
            reason: String
        ) throws {
            let desk = try Desk()
            try Self.makeJournal("\(desk.path)/n1")
            let outcome = try desk.run("\(command)")
            #expect(outcome.status == 74)
            #expect(outcome.output == "Error: Writing standard output failed: \(reason)\n")
        }

        private static func makeJournal(_ directory: String) throws {
            let (journal, _) = try Journal.open(
                directory: directory,
                id: "n1",
                fileSystem: DiskFileSystem(),
                makeIncarnation: { "8f3a91c04be7d215" }
            )
            journal.close()
        }

        @Test func `a password is not waited for where standard input is closed`() throws {
            let desk = try Desk()
            let outcome = try desk.run("$C login ann --password-stdin <&-")
            #expect(outcome.status == 65)
            #expect(outcome.output == "Error: standard input has no password\n")
        }

        @Test func `a node without standard output does not start, and says so in its log`() throws
        {
            let desk = try Desk()
            let outcome = try desk.run(
                "$N --id n1 --data-dir n1 --listen 127.0.0.1:0 --peer-listen 127.0.0.1:0"
                    + " --bootstrap-expect 1 --log-format text >&-"
            )
            #expect(outcome.status == 74)
            #expect(outcome.output.contains("'ready' was not written: Writing standard output"))
        }

        @Test func `with closed descriptors a message is sent, and a node logs into nothing else`()
            async throws
        {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            let desk = try Desk()
            func run(_ command: String) throws -> (output: String, status: Int32) {
                try desk.run("export CHAT_SERVERS=\(node.client)\n\(command)")
            }
            #expect(
                try run("echo long-secret-1 | $C register ann --password-file /dev/stdin").status
                    == 0
            )
            let sent = try run("$C send ann first <&- >&-")
            #expect(sent.status == 74)
            #expect(sent.output.contains("Error: Writing standard output failed"))
            #expect(sent.output.contains("may have been done"))
            #expect(try run("$C send ann second <&- >&- 2>&-").status == 74)
            let history = try run("$C history ann --json")
            #expect(history.output.split(separator: "\n").count == 2)
            let long = try run("printf '%08193d' 0 | $C send ann")
            #expect(long.status == 65)
            #expect(long.output == "Error: The input is longer than 8192 bytes.\n")
            #expect(try run("printf '%08192d\\n' 0 | $C send ann").status == 0)
            try await node.crash()
            try await node.start(closing: "0<&- 2>&-")
            let process = try #require(node.process)
            for descriptor in [0, 2] {
                let target = try DiskFileSystem.target(
                    ofLink: "/proc/\(process.pid)/fd/\(descriptor)"
                )
                #expect(target == "/dev/null")
            }
            #expect(try await node.stop() == .code(0))
        }

        @Test(arguments: [
            ("$N --id n1 --data-dir $(printf 'caf\\351') --bootstrap-expect 1", "argument 4"),
            ("$C send ann $(printf '\\377')", "argument 3"),
            ("CHAT_SERVERS=$(printf '\\377') $C users", "the variable CHAT_SERVERS"),
            ("CHAT_NODE_ID=$(printf 'n\\377') $N --data-dir n1", "the variable CHAT_NODE_ID"),
        ])
        func `what is not UTF-8 is refused, and nothing is done`(
            command: String,
            place: String
        ) throws {
            let desk = try Desk()
            let outcome = try desk.run(command)
            #expect(outcome.status == 64)
            #expect(outcome.output.hasPrefix("Error: \(place) is not valid UTF-8: '"))
            #expect(try DiskFileSystem().list(desk.path) == [])
        }

        @Test(arguments: [
            ("CHAT_PROFILE=a/b $C whoami", 78), ("$C --profile a/b whoami", 64),
            ("CHAT_TIMEOUT=bogus $C whoami", 78), ("$C --timeout bogus whoami", 64),
            ("CHAT_SERVERS=a:b:c $C cluster status", 78), ("$C -s a:b:c cluster status", 64),
        ])
        func `a bad variable has one code, and a bad option another`(
            command: String,
            code: Int32
        ) throws {
            #expect(try Desk().run(command).status == code)
        }

        @Test(arguments: ["device", "display"])
        func `a label that is too long names its option`(option: String) throws {
            let outcome = try Desk().run(
                "$C register ann --password-file /dev/null --\(option) $(printf '%065d' 0)"
            )
            #expect(outcome.status == 64)
            #expect(
                outcome.output.hasPrefix(
                    "Error: '--\(option)' must have at most 64 bytes and no control characters\n"
                )
            )
        }

        @Test func `a variable that nobody looks at may be anything`() throws {
            let desk = try Desk()
            #expect(try desk.run("X=$(printf '\\377') $C --version").status == 0)
        }

        @Test func `SIGHUP is logged, and an ignored signal stays ignored`() async throws {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            try await node.crash()
            try await node.start(ignoring: "INT")
            try await cluster.ready(node)
            node.process?.signal(SIGINT)
            node.process?.signal(SIGHUP)
            try await node.says("SIGHUP")
            try await cluster.ready(node)
            // A first signal that stops is not the second one, which would end with 130.
            #expect(try await node.stop() == .code(0))
        }

        @Test func `a program whose SIGINT is ignored goes on`() async throws {
            let desk = try Desk()
            let program = try Program(
                "/bin/sh",
                [
                    "-c", "trap '' INT; echo ready; exec \"$0\" login ann --password-stdin",
                    Program.path(of: "chat-cli"),
                ],
                environment: [
                    "XDG_STATE_HOME": desk.path, "CHAT_SERVERS": "127.0.0.1:1",
                    "CHAT_TIMEOUT": "100ms",
                ],
                errorsTo: "\(desk.path)/errors"
            )
            #expect(try await program.line() == "ready")
            // Again and again, for nothing outside tells when it waits for its input.
            for _ in 0..<20 {
                program.signal(SIGINT)
                try await Task.sleep(for: .milliseconds(40))
            }
            program.write("long-secret-1")
            #expect(try await program.end() == .code(69))
        }

        @Test(.enabled(if: MountedDisk.isAllowed, MountedDisk.need))
        func `what is only read may be on a read-only disk`() async throws {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            let home = "\(cluster.directory)/home"
            try DiskFileSystem().createDirectory(home)
            let disk = try MountedDisk(over: home, mebibytes: 256)
            let desk = try Desk()
            func run(_ command: String) throws -> (output: String, status: Int32) {
                try desk.run(
                    "export CHAT_SERVERS=\(node.client) XDG_STATE_HOME=\(home); \(command)"
                )
            }
            let words = "--password-file \(home)/secret"
            let set = "(umask 077; echo long-secret-1 >\(home)/secret) && $C register ann \(words)"
            #expect(try run(set).status == 0)
            #expect(try await node.stop() == .code(0))
            #expect(try run("cp -r \(node.directory) \(home)/n1").status == 0)
            try await node.start()
            try disk.protect()
            #expect(try run("$C whoami").status == 0)
            for word in ["verify", "stat", "show"] {
                #expect(try run("$N log \(word) --data-dir \(home)/n1").status == 0)
            }
            let login = try run("XDG_STATE_HOME=\(desk.path) $C login ann \(words)")
            #expect(login.status == 0)
            let refused = try run("$C --profile other login ann \(words)")
            #expect(refused.status == 74 && refused.output.contains("ead-only file system"))
        }
    }
}

extension DiskFileSystem {
    /// What a symbolic link names.
    static func target(ofLink path: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count >= 0 else { throw NotInTime(description: "readlink \(path): \(errno)") }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
