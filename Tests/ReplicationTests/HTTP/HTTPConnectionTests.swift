import Replication
import TestSupport
import Testing

/// A connection whose requests are answered by the test.
struct Exchange {
    var http: HTTPConnection
    var output: [UInt8] = []
    var requests: [HTTPRequest] = []

    init(limits: HTTPLimits = HTTPLimits()) { http = HTTPConnection(limits: limits) }

    mutating func receive(_ bytes: some Sequence<UInt8>) {
        http.receive(Array(bytes)[...])
        take()
    }

    mutating func take() {
        while let request = http.nextRequest(into: &output) { requests.append(request) }
    }

    mutating func answer(_ place: Int, _ body: String, closes: Bool = false) {
        let response = HTTPResponse(body: Array(body.utf8), closes: closes)
        http.respond(to: requests[place].id, response, into: &output)
    }

    var text: String { String(decoding: output, as: UTF8.self) }
    /// The status of the first answer.
    var status: Int? {
        guard output.count >= 12 else { return nil }
        return Int(String(decoding: output[9..<12], as: UTF8.self))
    }
}

private let post =
    "POST /v1/requests?a=1 HTTP/1.1\r\nHost: n1\r\nContent-Length: 5\r\n"
    + "Idempotency-Key:  k1 \t\r\nAuthorization: bearer t0\r\n\r\nhello"

@Suite struct HTTPConnectionTests {
    @Test @Aside func `a request is read`() throws {
        var exchange = Exchange()
        exchange.receive(post.utf8)
        let request = try #require(exchange.requests.first)
        #expect(request.method == .post)
        #expect(request.path == "/v1/requests")
        #expect(try request.parameter("a") == "1")
        #expect(try request.parameter("b") == nil)
        #expect(request.field("idempotency-key") == "k1")
        #expect(request.bearerToken == "t0")
        #expect(request.body == Array("hello".utf8))
        exchange.answer(0, "{}")
        #expect(
            exchange.text == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                + "Content-Length: 2\r\n\r\n{}"
        )
        #expect(!exchange.http.isDone)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        ("GET /\r\nHost: a\r\n\r\n", 400), ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{e4} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("PRI * HTTP/2.0\r\n\r\n", 505),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nab", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n111111111\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n", 417),
        ("GET /" + String(repeating: "a", count: 9_000), 414),
        ("GET /" + String(repeating: "a", count: 9_000) + " HTTP/1.1\r\n", 414),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: b\r\n", count: 64) + "\r\n",
            431
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 33_000), 431),
    ]) @Aside func `what is no request is answered, and the connection ends`(
        text: String,
        status: Int
    ) {
        var exchange = Exchange()
        exchange.receive(text.utf8)
        #expect(exchange.requests.isEmpty)
        #expect(exchange.status == status)
        #expect(exchange.text.contains("\r\nConnection: close\r\n"))
        #expect(exchange.text.contains(#"{"error":{"code":"http_"#))
        #expect(exchange.http.isDone)
        let size = exchange.output.count
        exchange.receive(post.utf8)
        #expect(exchange.output.count == size)
        #expect(exchange.requests.isEmpty)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nhOsT: a\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET http://n1:7400/ HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD / HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "002;x=y\r\nab\r\n0\r\nTrailer: 1\r\n\r\n",
    ]) @Aside func `what the grammar allows is read`(text: String) {
        var exchange = Exchange()
        exchange.receive(text.utf8)
        #expect(exchange.requests.count == 1)
        #expect(exchange.requests.first?.path == "/")
        #expect(exchange.output.isEmpty)
        #expect(exchange.http.isIdle == false)
    }

    @Test @Aside func `a chunked body is put together`() throws {
        var exchange = Exchange()
        exchange.receive(
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\nA\r\n, replicas\r\n0\r\n\r\n" + post).utf8
        )
        let bodies = exchange.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies == ["hello, replicas", "hello"])
    }

    @Test @Aside func `a chunked body that is too large is refused`() {
        var limits = HTTPLimits()
        limits.bodyBytes = 10
        var exchange = Exchange(limits: limits)
        exchange.receive(
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "b\r\nhello world").utf8
        )
        #expect(exchange.status == 413)
    }

    @Test @Aside func `answers go out in the order of the requests`() throws {
        var exchange = Exchange()
        exchange.receive(String(repeating: post, count: 4).utf8)
        #expect(exchange.requests.count == 4)
        exchange.answer(2, "2")
        exchange.answer(1, "1")
        #expect(exchange.output.isEmpty)
        exchange.answer(0, "0")
        exchange.answer(0, "again")
        exchange.answer(3, "3")
        let bodies = exchange.text.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix(1) }
        #expect(bodies == ["0", "1", "2", "3"])
        #expect(exchange.http.isIdle)
    }

    @Test @Aside func `beyond the limit in flight nothing more is parsed until answers go out`() {
        var limits = HTTPLimits()
        limits.inFlight = 2
        var exchange = Exchange(limits: limits)
        exchange.receive(String(repeating: post, count: 3).utf8)
        #expect(exchange.requests.count == 2)
        #expect(exchange.http.isPaused)
        exchange.answer(1, "1")
        exchange.take()
        #expect(exchange.requests.count == 2)
        exchange.answer(0, "0")
        exchange.take()
        #expect(exchange.requests.count == 3)
    }

    @Test @Aside func `thousands of answers in turn keep their numbers`() {
        var exchange = Exchange()
        for round in 0..<5 {
            exchange.receive(String(repeating: post, count: 600).utf8)
            for place in 600 * round..<600 * (round + 1) { exchange.answer(place, "\(place)") }
        }
        let bodies = exchange.text.split(separator: "\r\n\r\n").dropFirst()
        let numbers = bodies.map { Int($0.prefix { $0.isNumber }) }
        #expect(numbers == (0..<3_000).map { $0 })
    }

    @Test @Aside func `a close asked for comes after the answer, and nothing is read after it`() {
        var exchange = Exchange()
        exchange.receive(
            (post + "GET /a HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n" + post).utf8
        )
        #expect(exchange.requests.count == 2)
        exchange.answer(1, "1")
        #expect(!exchange.http.isDone)
        exchange.answer(0, "0")
        #expect(exchange.http.isDone)
        #expect(exchange.text.hasSuffix("Connection: close\r\nContent-Length: 1\r\n\r\n1"))
    }

    @Test @Aside func `an error behind good requests waits for their answers`() {
        var exchange = Exchange()
        exchange.receive((post + "nonsense\r\n\r\n").utf8)
        #expect(exchange.output.isEmpty)
        #expect(!exchange.http.isDone)
        exchange.answer(0, "0")
        #expect(exchange.status == 200)
        #expect(exchange.text.contains("HTTP/1.1 400 "))
        #expect(exchange.http.isDone)
    }

    @Test @Aside func `a client that sends no more is still answered`() {
        var exchange = Exchange()
        exchange.receive(post.utf8)
        exchange.http.receiveEnd()
        #expect(!exchange.http.isDone)
        exchange.answer(0, "0")
        #expect(exchange.http.isDone)
        #expect(exchange.status == 200)
    }

    @Test @Aside func `HEAD is answered with the length and no body`() {
        var exchange = Exchange()
        exchange.receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        exchange.answer(0, "four")
        #expect(exchange.text.hasSuffix("Content-Length: 4\r\n\r\n"))
    }

    @Test @Aside func `a client that waits is told to go on, once and in its turn`() {
        let head =
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        var exchange = Exchange()
        exchange.receive(head.utf8)
        exchange.take()
        #expect(exchange.text == "HTTP/1.1 100 Continue\r\n\r\n")
        exchange.receive("ok".utf8)
        #expect(exchange.requests.count == 1)

        var behind = Exchange()
        behind.receive((post + head).utf8)
        #expect(behind.output.isEmpty)
        behind.answer(0, "0")
        #expect(behind.text.hasSuffix("\r\n\r\n0HTTP/1.1 100 Continue\r\n\r\n"))

        var impatient = Exchange()
        impatient.receive((head + "ok").utf8)
        #expect(impatient.requests.count == 1)
        #expect(impatient.output.isEmpty)
    }

    @Test @Aside func `a stream begins in its turn and ends the connection`() throws {
        var exchange = Exchange()
        exchange.receive((post + "GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
        let id = try #require(exchange.requests.last).id
        exchange.http.beginStream(id, EventStreamWriter.response, into: &exchange.output)
        exchange.http.writeStream(id, into: &exchange.output) { output in
            EventStreamWriter.write(id: "1-4.0", name: "message", data: [0x7B, 0x7D], to: &output)
        }
        #expect(exchange.output.isEmpty)
        exchange.receive(post.utf8)
        #expect(exchange.requests.count == 2)
        exchange.answer(0, "0")
        exchange.http.writeStream(id, into: &exchange.output) { output in
            EventStreamWriter.writeComment("alive", to: &output)
        }
        #expect(exchange.text.contains("0HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n"))
        #expect(
            exchange.text.hasSuffix(
                "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "23\r\nid: 1-4.0\nevent: message\ndata: {}\n\n\r\n9\r\n: alive\n\n\r\n"
            )
        )
        #expect(!exchange.http.isDone)
        exchange.http.endStream(id, into: &exchange.output)
        #expect(exchange.text.hasSuffix("\r\n0\r\n\r\n"))
        #expect(exchange.http.isDone)
    }

    @Test @Aside func `a value cannot end its line`() {
        var fields: [UInt8] = []
        fields.appendField("X", "a\r\nSet-Cookie: b")
        #expect(fields == Array("X: aSet-Cookie: b\r\n".utf8))
    }

    @Test(
        arguments: [
            ("a=b%20c", "b c"), ("x=1&a=+", " "), ("a", ""), ("a=%C3%A4", "\u{e4}"),
            ("b=1", nil),
        ] as [(String, String?)]
    )
    @Aside func `parameters are decoded`(query: String, value: String?) throws {
        var exchange = Exchange()
        exchange.receive("GET /?\(query) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(try exchange.requests.first?.parameter("a") == value)
    }

    @Test(arguments: ["a=%zz", "a=%2", "a=%ff", "%zz=1", "a=1&a=1", "a=1&b=%zz"])
    @Aside func `a query that cannot be read is no absent one`(query: String) throws {
        var exchange = Exchange()
        exchange.receive("GET /?\(query) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let request = try #require(exchange.requests.first)
        #expect(throws: HTTPRequest.MalformedQuery.self) { try request.parameter("a") }
    }
}
