import Storage
import TestSupport
import Testing

@Suite struct SHA256Tests {
    /// From FIPS 180-4 examples and the NIST's byte-oriented test vectors.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    @DiskAside func `known texts have their known digests`(text: String, digest: String) {
        #expect(SHA256.hexDigest(Array(text.utf8)) == digest)
    }

    @Test @DiskAside func `a million letters have their known digest, in pieces of any size`() {
        let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let known = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(SHA256.hexDigest(letters) == known)
        var random = SeededGenerator(seed: 7)
        var digest = SHA256()
        var offset = 0
        while offset < letters.count {
            let end = min(letters.count, offset + Int.random(in: 0...20_000, using: &random))
            digest.update(Array(letters[offset..<end]))
            offset = end
        }
        #expect(digest.finalize() == SHA256.hash(letters))
    }

    @Test @DiskAside func `each length around a block is padded rightly`() {
        for length in 0..<200 {
            let bytes = (0..<length).map { UInt8($0) }
            var digest = SHA256()
            for byte in bytes { digest.update([byte]) }
            #expect(digest.finalize() == SHA256.hash(bytes))
        }
        // 55, 56 and 64 bytes of zero, from `head -c N /dev/zero | sha256sum`.
        #expect(
            SHA256.hexDigest([UInt8](repeating: 0, count: 55))
                == "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"
        )
        #expect(
            SHA256.hexDigest([UInt8](repeating: 0, count: 56))
                == "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"
        )
        #expect(
            SHA256.hexDigest([UInt8](repeating: 0, count: 64))
                == "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"
        )
    }

    @Test @DiskAside func `a finished digest begins anew`() {
        var digest = SHA256()
        digest.update([1, 2, 3])
        _ = digest.finalize()
        #expect(digest.finalize() == SHA256.hash([]))
    }
}
