import Storage

/// What an HTTP request asks of a node.
enum Route {
    /// `POST /v1/requests`.
    case request(key: String?, since: LogIndex?)
    /// `POST /v1/queries`.
    case query(Consistency)
    /// `GET /v1/events`.
    case events(after: EventID?)
    /// `GET /v1/cluster`.
    case cluster
    /// `GET /healthz` and `/livez`: the process answers.
    case health
    /// `GET /readyz`: the node can serve.
    case readiness
    /// `GET /leader`: this node leads.
    case leader
    /// Nothing of these.
    case unknown(HTTPResponse)

    init(_ request: HTTPRequest) {
        switch (request.path, request.method) {
        case ("/v1/requests", .post): self = Self.ofRequest(request)
        case ("/v1/queries", .post): self = Self.ofQuery(request)
        case ("/v1/events", .get): self = Self.ofEvents(request)
        case ("/v1/cluster", .get), ("/v1/cluster", .head): self = .cluster
        case ("/healthz", .get), ("/healthz", .head), ("/livez", .get), ("/livez", .head):
            self = .health
        case ("/readyz", .get), ("/readyz", .head): self = .readiness
        case ("/leader", .get), ("/leader", .head): self = .leader
        case ("/v1/requests", _), ("/v1/queries", _): self = .wrongMethod("POST")
        case ("/v1/events", _), ("/v1/cluster", _), ("/healthz", _), ("/livez", _),
            ("/readyz", _), ("/leader", _):
            self = .wrongMethod("GET, HEAD")
        default:
            self = .unknown(
                .error(
                    .notFound,
                    code: "path_unknown",
                    message: "there is nothing here; see Docs/Protocol.md for the paths"
                )
            )
        }
    }

    private static func wrongMethod(_ allowed: String) -> Route {
        var response = HTTPResponse.error(
            .methodNotAllowed,
            code: "method_not_allowed",
            message: "use \(allowed)"
        )
        response.fields.appendField("Allow", allowed)
        return .unknown(response)
    }

    private static func invalid(_ code: String, _ message: String) -> Route {
        .unknown(.error(.badRequest, code: code, message: message))
    }

    private static func ofRequest(_ request: HTTPRequest) -> Route {
        let key = request.field("idempotency-key")
        if let key, !isValid(key: key) {
            return invalid("key_invalid", "Idempotency-Key is 1 to 128 printable ASCII characters")
        }
        guard let text = request.field("idempotency-since") else {
            return .request(key: key, since: nil)
        }
        guard let since = UInt64(text) else {
            return invalid("since_invalid", "Idempotency-Since is the index of an earlier answer")
        }
        return .request(key: key, since: LogIndex(since))
    }

    private static func isValid(key: String) -> Bool {
        (1...128).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func ofQuery(_ request: HTTPRequest) -> Route {
        guard let text = request.parameter("consistency") else { return .query(.linearizable) }
        guard let consistency = Consistency(text) else {
            return invalid(
                "consistency_invalid",
                "consistency is 'linearizable', 'stale', 'at-least:INDEX' or 'bounded:MILLISECONDS'"
                    + " of at most a day"
            )
        }
        return .query(consistency)
    }

    private static func ofEvents(_ request: HTTPRequest) -> Route {
        guard let text = request.field("last-event-id") ?? request.parameter("last-event-id")
        else { return .events(after: nil) }
        guard let id = EventID(text) else {
            return invalid("event_id_invalid", "an event's id looks like 1-42.0")
        }
        return .events(after: id)
    }
}
