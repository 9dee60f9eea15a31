import Replication
import TestSupport
import Testing

/// A generator that a seed replays.
private struct Xorshift: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

@Suite struct HTTPFuzzTests {
    private static let samples = [
        "GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;a\r\nabc\r\n0\r\nT: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx",
        "HEAD / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ]

    /// Good requests with a few bytes changed, doubled or taken out.
    private static func bytes(_ generator: inout Xorshift) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            bytes += Array(samples[Int.random(in: 0..<samples.count, using: &generator)].utf8)
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(bytes[place], at: place)
            default: bytes[place] = Array("\r\n :;,0".utf8)[place % 7]
            }
        }
        return bytes
    }

    /// What came of the bytes: each request, and all answers.
    private static func run(_ pieces: [[UInt8]]) -> [String] {
        var exchange = Exchange()
        for piece in pieces { exchange.receive(piece) }
        for request in exchange.requests {
            exchange.http.respond(to: request.id, HTTPResponse(), into: &exchange.output)
        }
        // A client that waits is told to go on or not, as its bytes happen to come.
        let answers = exchange.text.replacing("HTTP/1.1 100 Continue\r\n\r\n", with: "")
        return exchange.requests.map { "\($0.method) \($0.path) \($0.body)" } + [answers]
    }

    @Test(arguments: 0..<40) @Aside func `how the bytes are cut makes no difference`(seed: UInt64) {
        var generator = Xorshift(seed: seed)
        for _ in 0..<25 {
            let bytes = Self.bytes(&generator)
            let whole = Self.run([bytes])
            #expect(Self.run(bytes.map { [$0] }) == whole)
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            #expect(Self.run([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
    }

    @Test(arguments: 0..<10) @Aside func `noise traps nothing`(seed: UInt64) {
        var generator = Xorshift(seed: seed)
        for _ in 0..<50 {
            let count = Int.random(in: 0...300, using: &generator)
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var exchange = Exchange()
            exchange.receive(noise)
            #expect(exchange.requests.isEmpty)
        }
    }
}
