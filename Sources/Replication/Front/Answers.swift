import Storage

/// How replies of the node look to an HTTP client.
enum Answers {
    static func response(to reply: Reply) -> HTTPResponse {
        switch reply {
        case .output(let index, let output, let secret, let isRepeated):
            var writer = JSONWriter(reserving: output.count + 64)
            writer.beginObject()
            writer.member("index", index.value)
            writer.key("output")
            writer.verbatim(output)
            if let secret {
                writer.key("secret")
                writer.verbatim(secret)
            }
            if isRepeated { writer.member("repeated", true) }
            writer.endObject()
            return HTTPResponse(body: writer.bytes)
        case .answer(let index, let answer):
            var writer = JSONWriter(reserving: answer.count + 48)
            writer.beginObject()
            writer.member("index", index.value)
            writer.key("answer")
            writer.verbatim(answer)
            writer.endObject()
            return HTTPResponse(body: writer.bytes)
        case .refused(let refusal): return .refusal(refusal)
        case .ordered, .ready:
            return .error(.notFound, code: "not_found", message: "this is given in process only")
        case .failed(let failure, let key): return response(to: failure, key: key)
        case .malformed(let error):
            return .error(
                .badRequest,
                code: "request_malformed",
                message: "the body is not a request of this version: \(error)"
            )
        }
    }

    private static func response(to failure: RequestFailure, key: String?) -> HTTPResponse {
        var response = HTTPResponse.error(
            status(of: failure),
            code: failure.rawValue,
            message: message(of: failure)
        )
        if let key { response.fields.appendField("Idempotency-Key", key) }
        return response
    }

    private static func status(of failure: RequestFailure) -> HTTPStatus {
        switch failure {
        case .noLeader, .overloaded, .diskFull, .diverged, .behind, .notTried, .stopping, .removed:
            .unavailable
        case .outcomeUnknown: .timedOut
        case .keyReused: .conflict
        case .keyExpired: .gone
        case .tooLarge: .contentTooLarge
        case .operationInvalid: .notImplemented
        }
    }

    private static func message(of failure: RequestFailure) -> String {
        switch failure {
        case .noLeader: "no leader within the time; nothing was done: try again"
        case .overloaded: "too much is under way; nothing was done: try again later"
        case .diskFull: "this node's disk is full; nothing was done: make room, or try another one"
        case .behind:
            "this node has not applied that entry in time; nothing was done: try again, or another one"
        case .diverged:
            "this node's state is being replaced, for a majority has another; nothing was done: try"
                + " another one"
        case .outcomeUnknown:
            "it may or may not have taken effect: try again with the same Idempotency-Key"
        case .keyReused: "this Idempotency-Key was used for another request: take a new one"
        case .keyExpired:
            "this Idempotency-Key is older than what is remembered: the outcome is unknown"
        case .tooLarge: "the request is larger than an entry may be"
        case .operationInvalid:
            "the operation is none that the leader's version can read; nothing was done: run one"
                + " version on all nodes"
        case .notTried: "an earlier line of the batch failed; nothing was done"
        case .stopping: "the node is stopping; nothing was done: try another one"
        case .removed: "this node was removed from its cluster; nothing was done: try another one"
        }
    }

    /// What a node says of itself and its cluster.
    static func response(to route: Route, _ status: ClusterStatus) -> HTTPResponse {
        switch route {
        case .cluster:
            var writer = JSONWriter(reserving: 512)
            status.write(to: &writer)
            return HTTPResponse(body: writer.bytes)
        case .readiness:
            guard status.cluster != nil else {
                return .error(
                    .unavailable,
                    code: "not_formed",
                    message: "the node is in no cluster yet"
                )
            }
            if status.isDiskFull { return response(to: .diskFull, key: nil) }
            if status.isRemoved { return response(to: .removed, key: nil) }
            if status.isDiverged { return response(to: .diverged, key: nil) }
            guard status.leader != nil else {
                return .error(.unavailable, code: "no_leader", message: "no leader is known")
            }
            if status.isCatchingUp {
                return .error(
                    .unavailable,
                    code: "catching_up",
                    message: "the node has not yet applied what the leader had committed when this"
                        + " node heard of it: its state is old, or empty"
                )
            }
            return HTTPResponse(body: Array("{}".utf8))
        case .leader:
            return status.leader == status.node
                ? HTTPResponse(body: Array("{}".utf8))
                : .error(.unavailable, code: "not_leader", message: "this node does not lead")
        case .request, .query, .events, .health, .unknown: return HTTPResponse(.notFound)
        }
    }
}
