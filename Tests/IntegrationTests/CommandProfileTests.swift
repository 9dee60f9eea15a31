import ChatOptions
import Storage
import Testing
import chat_cli

@Suite struct CommandProfileTests {
    private let directory: CommandDirectory
    private let store: ProfileStore
    private let profile = Profile(cluster: "c1", name: "ann", token: "secret")

    init() throws {
        directory = try CommandDirectory()
        store = try ProfileStore(environment: ["XDG_STATE_HOME": directory.path])
    }

    @Test func `a profile comes back, and nobody else can read it`() throws {
        #expect(try store.load("bob") == nil)
        try store.save(profile, as: "bob")
        #expect(try store.load("bob") == profile)
        #expect(directory.mode(of: "chat") == "700")
        #expect(directory.mode(of: "chat/bob.json") == "600")
        let file = try DiskFileSystem().open(store.path(of: "bob"))
        let bytes = try file.read(at: 0, count: 4096)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"cluster":"c1","name":"ann","token":"secret"}"# + "\n"
        )
    }

    @Test func `a profile is replaced whole, and nothing is left beside it`() throws {
        try store.save(profile, as: "bob")
        try store.save(Profile(cluster: "c2", name: "b", token: "t"), as: "bob")
        #expect(try store.load("bob")?.cluster == "c2")
        #expect(try DiskFileSystem().list(store.directory) == ["bob.json"])
        try store.remove("bob")
        try store.remove("bob")
        #expect(try DiskFileSystem().list(store.directory) == [])
    }

    @Test(arguments: [("chat/bob.json", 0o640), ("chat/bob.json", 0o604), ("chat", 0o750)])
    func `a profile that others can reach is refused`(_ name: String, _ mode: Int) throws {
        try store.save(profile, as: "bob")
        directory.setMode(UInt32(mode), of: name)
        let error = #expect(throws: Failure.self) { try store.load("bob") }
        #expect(error?.exitCode == .configuration)
        #expect(error?.message.contains("chmod") == true)
    }

    @Test func `no session is kept in a directory that others can reach`() async throws {
        try store.save(profile, as: "bob")
        directory.setMode(0o755, of: "chat")
        let user = CommandUser(directory: directory)
        let result = try await user.run(
            "register",
            "eve",
            "--password-stdin",
            as: "eve",
            input: "password\n"
        )
        #expect(result.code == .configuration)
    }

    @Test func `a damaged profile is told, and says what to do`() throws {
        try store.save(profile, as: "bob")
        let file = try DiskFileSystem().open(store.path(of: "bob"))
        try file.write(Array("[".utf8), at: 0)
        let error = #expect(throws: Failure.self) { try store.load("bob") }
        #expect(error?.code == "profile_damaged")
        #expect(error?.message.contains("log in again") == true)
    }

    @Test func `the place is that of the XDG specification`() throws {
        let home = try ProfileStore(environment: ["HOME": "/home/ann", "XDG_STATE_HOME": "here"])
        #expect(home.directory == "/home/ann/.local/state/chat")
        #expect(throws: Failure.self) { try ProfileStore(environment: [:]) }
    }

    @Test(arguments: [
        ("bob", true), ("a.b_c-1", true), ("", false), (".bob", false), ("a/b", false),
        ("a b", false), ("é", false), (String(repeating: "a", count: 65), false),
    ])
    func `a profile's name can be a file's`(_ name: String, _ isValid: Bool) {
        #expect(ProfileStore.isValid(name: name) == isValid)
    }
}
