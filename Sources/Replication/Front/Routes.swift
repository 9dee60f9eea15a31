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
        case ("/v1/events", _): self = .wrongMethod("GET")
        case ("/v1/cluster", _), ("/healthz", _), ("/livez", _), ("/readyz", _), ("/leader", _):
            self = .wrongMethod("GET, HEAD")
        case ("*", _): self = .wrongMethod("GET, HEAD, POST")
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

    /// What is wrong with the body of a POST, before it is looked at.
    ///
    /// A type that no form and no page of another origin can send without asking first is wanted, so
    /// one that is not said is refused too.
    private static func mediaRefusal(of request: HTTPRequest) -> Route? {
        for coding in request.fields.all("content-encoding")
        where !ASCII.equal(coding, "identity") {
            var response = HTTPResponse.error(
                .unsupportedMediaType,
                code: "content_encoding_unsupported",
                message: "send the body as it is, without Content-Encoding"
            )
            response.fields.appendField("Accept-Encoding", "identity")
            return .unknown(response)
        }
        let value = request.fields.firstBytes("content-type") ?? []
        let type = ASCII.trimmed(value.prefix { $0 != UInt8(ascii: ";") })
        guard !ASCII.equal(type, "application/json"), !ASCII.equal(type, "application/x-ndjson")
        else { return nil }
        return .unknown(
            .error(
                .unsupportedMediaType,
                code: "content_type_unsupported",
                message: "a POST needs 'Content-Type: application/json'; with curl:"
                    + " -H 'content-type: application/json', or --json in place of -d"
            )
        )
    }

    private static func ofRequest(_ request: HTTPRequest) -> Route {
        if let refusal = mediaRefusal(of: request) { return refusal }
        let key = request.field("idempotency-key")
        if let key, !ProtocolFields.isValid(key: key) {
            return .unknown(.refusal(ProtocolFields.keyInvalid))
        }
        guard let text = request.field("idempotency-since") else {
            return .request(key: key, since: nil)
        }
        guard let since = UInt64(digits: text) else {
            return invalid("since_invalid", "Idempotency-Since is the index of an earlier answer")
        }
        return .request(key: key, since: LogIndex(since))
    }

    private static func ofQuery(_ request: HTTPRequest) -> Route {
        if let refusal = mediaRefusal(of: request) { return refusal }
        do throws(HTTPRequest.MalformedQuery) {
            guard let text = try request.parameter("consistency") else {
                return .query(.linearizable)
            }
            if let consistency = Consistency(text) { return .query(consistency) }
        } catch {
            return malformedQuery
        }
        return invalid(
            "consistency_invalid",
            "consistency is 'linearizable', 'stale', 'at-least:INDEX' or 'bounded:MILLISECONDS'"
                + " of at most a day"
        )
    }

    private static var malformedQuery: Route {
        invalid("query_invalid", "what follows '?' is not percent-encoded UTF-8, or is there twice")
    }

    private static func ofEvents(_ request: HTTPRequest) -> Route {
        do throws(HTTPRequest.MalformedQuery) {
            let parameter = try request.parameter("last-event-id")
            guard let text = request.field("last-event-id") ?? parameter else {
                return .events(after: nil)
            }
            if let id = EventID(text) { return .events(after: id) }
        } catch {
            return malformedQuery
        }
        return invalid("event_id_invalid", "an event's id looks like 2868534361-42.0")
    }
}
