import Storage
import TestSupport
import Testing

@testable import Replication

/// What is sent to a node, and what comes back: bytes in, status and fields out.
@Suite struct HTTPTableTests {
    struct Row: CustomTestStringConvertible {
        let bytes: String
        let status: Int
        var field = ""
        var testDescription: String { "\(status) \(bytes.prefix(160))" }

        init(_ first: String, _ status: Int, _ field: String = "") {
            self.init(first, "", "", status, field)
        }

        init(_ first: String, _ fields: String, _ status: Int, _ field: String = "") {
            self.init(first, fields, "", status, field)
        }

        init(
            _ first: String,
            _ fields: String,
            _ body: String,
            _ status: Int,
            _ field: String = ""
        ) {
            let isSaid = fields.contains("Host:") || first.hasSuffix("1.0")
            let host = isSaid ? "" : "Host: localhost\r\n"
            bytes = "\(first)\r\n\(host)\(fields)\r\n\(body)"
            self.status = status
            self.field = field
        }
    }

    private static let json = "Content-Type: application/json\r\nContent-Length: 2\r\n"
    private static let chunked =
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"

    static let rows: [Row] = [
        Row("GET /livez HTTP/1.1", 200, "Date: "),
        // Fields that may come once.
        Row("GET /livez HTTP/1.1", "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n", 400),
        Row("GET /livez HTTP/1.1", "Idempotency-Key: a\r\nidempotency-key: b\r\n", 400),
        Row("GET /livez HTTP/1.1", "Last-Event-ID: 1-1.0\r\nLast-Event-ID: 1-1.0\r\n", 400),
        // Hosts.
        Row("GET /livez HTTP/1.1", "Host: a b/@\r\n", 400),
        Row("GET /livez HTTP/1.1", "Host: u@localhost\r\n", 400),
        Row("GET /livez HTTP/1.1", "Host: localhost:99999\r\n", 400),
        Row("GET /livez HTTP/1.1", "Host: [::1]:7400\r\n", 200),
        Row("GET /livez HTTP/1.1", "Host: LocalHost.:7400\r\n", 200),
        Row("GET /livez HTTP/1.1", "Host: 127.0.0.1:7400\r\n", 200),
        Row("GET /livez HTTP/1.1", "Host:\r\n", 200),
        Row("GET /livez HTTP/1.1", "Host: evil.example\r\n", 421),
        Row("GET /livez HTTP/1.1", "Host: 127.0.0.1.evil.example\r\n", 421),
        // Origins.
        Row("GET /livez HTTP/1.1", "Origin: http://localhost\r\n", 200),
        Row("GET /livez HTTP/1.1", "Origin: http://evil.example\r\n", 403),
        Row("GET /livez HTTP/1.1", "Origin: http://localhost:3000\r\n", 403),
        Row("GET /livez HTTP/1.1", "Origin: null\r\n", 403),
        // Absolute targets.
        Row("GET http://other?x=/livez HTTP/1.1", 404),
        Row("GET http://other/livez HTTP/1.1", 200),
        Row("GET HTTPS://other:7400/livez?a=1 HTTP/1.1", 200),
        Row("GET http://u@other/livez HTTP/1.1", 400),
        Row("GET http:///livez HTTP/1.1", 400),
        Row("GET ftp://other/livez HTTP/1.1", 400),
        // Versions.
        Row("GET /livez HTTP/1.2", 200),
        Row("GET /livez HTTP/2.0", 505),
        Row("GET /livez HTTP/1.0", 200, "Connection: close"),
        Row("GET /livez HTTP/1.0", "Connection: Keep-Alive\r\n", 200, "Connection: keep-alive"),
        // Methods of each path.
        Row("HEAD /v1/events HTTP/1.1", 405, "Allow: GET\r\n"),
        Row("PUT /v1/requests HTTP/1.1", 405, "Allow: POST\r\n"),
        Row("OPTIONS /v1/queries HTTP/1.1", 405, "Allow: POST\r\n"),
        Row("DELETE /v1/cluster HTTP/1.1", 405, "Allow: GET, HEAD\r\n"),
        Row("PATCH /nothing HTTP/1.1", 404),
        Row("OPTIONS * HTTP/1.1", 405, "Allow: GET, HEAD, POST\r\n"),
        // Bodies.
        Row("POST /v1/queries HTTP/1.1", "Content-Length: 2\r\n", "{}", 415),
        Row(
            "POST /v1/queries HTTP/1.1",
            "Content-Type: text/plain\r\nContent-Length: 2\r\n",
            "{}",
            415
        ),
        Row(
            "POST /v1/requests HTTP/1.1",
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n",
            "{}",
            415
        ),
        Row("POST /v1/queries HTTP/1.1", json + "Content-Encoding: gzip\r\n", "{}", 415),
        Row("POST /v1/queries?consistency=%zz HTTP/1.1", json, "{}", 400),
        Row("POST /v1/queries?consistency=stale&consistency=stale HTTP/1.1", json, "{}", 400),
        Row("GET /v1/events?last-event-id=%zz HTTP/1.1", 400),
        // Transfer codings, chunks and trailers.
        Row("POST /v1/queries HTTP/1.1", "Transfer-Encoding: gzip\r\n", 400),
        Row("POST /v1/queries HTTP/1.1", "Transfer-Encoding: chunked, gzip\r\n", 400),
        Row("POST /v1/queries HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n", 501),
        Row("POST /v1/queries HTTP/1.1", chunked, "0\r\nX -T: 1\r\n\r\n", 400),
        Row("POST /v1/queries HTTP/1.1", chunked, "0\r\n: 1\r\n\r\n", 400),
        Row("POST /v1/queries HTTP/1.1", chunked, "0\r\nGET / HTTP/1.1\r\n\r\n", 400),
        Row("POST /v1/queries HTTP/1.1", chunked, "2;\r\n{}\r\n0\r\n\r\n", 400),
        Row("POST /v1/queries HTTP/1.1", chunked, "2;a=\r\n{}\r\n0\r\n\r\n", 400),
        Row("PUT /livez HTTP/1.1", chunked, "2;a=b; c=\"d\\\"\"\r\n{}\r\n0\r\nT: 1\r\n\r\n", 405),
    ]

    @Test(arguments: rows) @Aside func `a request has its answer`(row: Row) throws {
        var http = HTTPConnection()
        http.receive(Array(row.bytes.utf8)[...])
        var output: [UInt8] = []
        var fields = AnswerFields()
        fields.update(cluster: "c1", at: Timestamp(milliseconds: 784_111_777_000))
        http.fields = fields.bytes
        if let request = http.nextRequest(into: &output) {
            let response = WebGuard(listener: "127.0.0.1:7400").refusal(of: request)
            http.respond(to: request.id, response ?? Self.answer(request), into: &output)
        }
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 \(row.status) "), "\(text)")
        #expect(row.field.isEmpty || text.contains(row.field), "\(text)")
        #expect(text.contains("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))
    }

    private static func answer(_ request: HTTPRequest) -> HTTPResponse {
        if case .unknown(let response) = Route(request) { return response }
        return HTTPResponse()
    }

    @Test @Aside func `who has no session is told what would be one`() {
        let refusal = Refusal(.unauthenticated, code: "session_unknown", message: "log in")
        let fields = String(decoding: HTTPResponse.refusal(refusal).fields, as: UTF8.self)
        #expect(fields == "WWW-Authenticate: Bearer\r\n")
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_796_107_498, "Tue, 01 Dec 2026 06:44:58 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        ] as [(Int64, String)]
    )
    @Aside func `dates are written`(seconds: Int64, text: String) {
        #expect(CivilTime(Timestamp(milliseconds: seconds * 1_000)).http == text)
    }

    @Test @Aside
    func `a listener that others reach is called by any name, one of its own by those configured`()
        throws
    {
        let http = "GET /livez HTTP/1.1\r\nHost: chat.example\r\n\r\n"
        var connection = HTTPConnection()
        connection.receive(Array(http.utf8)[...])
        var output: [UInt8] = []
        let parsed = connection.nextRequest(into: &output)
        let request = try #require(parsed)
        #expect(WebGuard(listener: "10.0.0.1:7400").refusal(of: request)?.status == nil)
        #expect(WebGuard(listener: "[::1]:7400").refusal(of: request)?.status == .misdirected)
        let named = WebGuard(listener: "127.0.0.1:7400", names: ["Chat.Example"])
        #expect(named.refusal(of: request)?.status == nil)
    }
}
