import ChatService
import TestSupport
import Testing

@Suite struct PasswordHashTests {
    private let salt = [UInt8](0..<24)

    @Test @Aside func `a password is told from another`() throws {
        let hash = try #require(PasswordHash.make("correct horse", salt: salt, cost: .cheapest))
        #expect(PasswordHash.verify("correct horse", against: hash) == true)
        #expect(PasswordHash.verify("correct horsf", against: hash) == false)
        #expect(PasswordHash.verify("", against: hash) == false)
        #expect(!hash.contains("correct"))
    }

    @Test @Aside func `the salt makes hashes of one password differ`() throws {
        let first = PasswordHash.make("correct horse", salt: salt, cost: .cheapest)
        let second = PasswordHash.make("correct horse", salt: salt.reversed(), cost: .cheapest)
        #expect(first != nil)
        #expect(first != second)
        #expect(first == PasswordHash.make("correct horse", salt: salt, cost: .cheapest))
    }

    @Test @Aside func `the standard cost is yescrypt's 8, as crypt_gensalt writes it`() throws {
        let hash = try #require(PasswordHash.make("correct horse", salt: salt, cost: .standard))
        #expect(hash.hasPrefix("$y$jCT$./01234567"))
        #expect(PasswordHash.verify("correct horse", against: hash) == true)
    }

    @Test(arguments: ["", "*0", "hash", "$y$jCT$", "$9$nothing$"])
    @Aside func `what is no hash of this system verifies nothing`(stored: String) {
        #expect(PasswordHash.verify("password", against: stored) != true)
    }

    @Test @Aside func `the decoy can be checked against, and fits no password`() {
        let decoy = PasswordHash.decoy(.cheapest)
        #expect(PasswordHash.verify("password", against: decoy) == false)
        let real = PasswordHash.make("password", salt: salt, cost: .cheapest)
        #expect(decoy.utf8.count == real?.utf8.count)
        #expect(PasswordHash.decoy(.standard).hasPrefix("$y$jCT$"))
    }

    @Test func `several threads may hash at once`() async throws {
        let salt = salt
        let hashes = await withTaskGroup(of: String?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    PasswordHash.make("password \(number % 2)", salt: salt, cost: .cheapest)
                }
            }
            return await group.reduce(into: Set<String>()) { if let hash = $1 { $0.insert(hash) } }
        }
        #expect(hashes.count == 2)
    }
}
