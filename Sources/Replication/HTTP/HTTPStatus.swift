/// The status of an answer.
package struct HTTPStatus: Error, Hashable, Sendable {
    /// The number of three digits.
    package let code: Int
    /// The words after it, for people.
    package let reason: String

    private init(_ code: Int, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// 200.
    package static let ok = HTTPStatus(200, "OK")
    /// 202.
    package static let accepted = HTTPStatus(202, "Accepted")
    /// 204.
    package static let noContent = HTTPStatus(204, "No Content")
    /// 307.
    package static let temporaryRedirect = HTTPStatus(307, "Temporary Redirect")
    /// 400.
    package static let badRequest = HTTPStatus(400, "Bad Request")
    /// 401.
    package static let unauthorized = HTTPStatus(401, "Unauthorized")
    /// 403.
    package static let forbidden = HTTPStatus(403, "Forbidden")
    /// 404.
    package static let notFound = HTTPStatus(404, "Not Found")
    /// 405.
    package static let methodNotAllowed = HTTPStatus(405, "Method Not Allowed")
    /// 408.
    package static let requestTimeout = HTTPStatus(408, "Request Timeout")
    /// 409.
    package static let conflict = HTTPStatus(409, "Conflict")
    /// 410.
    package static let gone = HTTPStatus(410, "Gone")
    /// 413.
    package static let contentTooLarge = HTTPStatus(413, "Content Too Large")
    /// 414.
    package static let targetTooLong = HTTPStatus(414, "URI Too Long")
    /// 415.
    package static let unsupportedMediaType = HTTPStatus(415, "Unsupported Media Type")
    /// 417.
    package static let expectationFailed = HTTPStatus(417, "Expectation Failed")
    /// 421.
    package static let misdirected = HTTPStatus(421, "Misdirected Request")
    /// 429.
    package static let tooManyRequests = HTTPStatus(429, "Too Many Requests")
    /// 431.
    package static let fieldsTooLarge = HTTPStatus(431, "Request Header Fields Too Large")
    /// 500.
    package static let internalError = HTTPStatus(500, "Internal Server Error")
    /// 501.
    package static let notImplemented = HTTPStatus(501, "Not Implemented")
    /// 503.
    package static let unavailable = HTTPStatus(503, "Service Unavailable")
    /// 504.
    package static let timedOut = HTTPStatus(504, "Gateway Timeout")
    /// 505.
    package static let versionNotSupported = HTTPStatus(505, "HTTP Version Not Supported")

    /// The status that fits a rejection by the state machine.
    package init(_ kind: Refusal.Kind) {
        self =
            switch kind {
            case .invalid: .badRequest
            case .unauthenticated: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .conflict: .conflict
            case .limited: .tooManyRequests
            case .faulty: .notImplemented
            }
    }
}
