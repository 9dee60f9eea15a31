import Replication
import TestSupport
import Testing

@Suite struct HTTPResponseParserTests {
    /// Status and body of each answer, and whether the input was bad.
    private func parse(_ text: String, by count: Int, ends: Bool) -> [String] {
        var parser = HTTPResponseParser()
        var found: [String] = []
        var body = ""
        func takeAll() {
            do {
                while let part = try parser.next() {
                    switch part {
                    case .head(let status, let fields):
                        body = "\(status) \(fields.first("x") ?? "-") "
                    case .body(let bytes): body += String(decoding: bytes, as: UTF8.self)
                    case .end: found.append(body)
                    }
                }
            } catch {
                found.append("bad")
            }
        }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: count) {
            parser.receive(bytes[start...].prefix(count))
            takeAll()
            if found.last == "bad" { return found }
        }
        if ends {
            parser.receiveEnd()
            takeAll()
        }
        return found
    }

    @Test(arguments: [1, 7, 10_000]) @Aside func `answers are read, however cut`(count: Int) {
        let text =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 2\r\n\r\nab"
            + "HTTP/1.1 204 No Content\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
            + "HTTP/1.1 404 Not Found\r\n\r\nuntil the end"
        let expected = ["200 1 ab", "204 - ", "200 - abcd", "404 - until the end", "bad"]
        #expect(parse(text, by: count, ends: true) == expected)
    }

    @Test(arguments: [
        "", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/2 200\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\nX: 1\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    ]) @Aside func `what is no answer, or not all of one, is an error`(text: String) {
        #expect(parse(text, by: 10_000, ends: true) == ["bad"])
        #expect(parse(text, by: 1, ends: true) == ["bad"])
    }
}
