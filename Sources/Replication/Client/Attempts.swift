/// All tries of one call: server after server, under one key, until an answer or the deadline.
struct Attempts {
    private enum Outcome {
        case answer(ClusterClient.Response)
        case fatal(ClusterClientError)
        /// Try elsewhere; `mayBeDone` says whether the server may have taken it.
        case failed(why: String, mayBeDone: Bool)
        case cancelled(mayBeDone: Bool)
    }

    private let session: ClusterSession
    private var call: HTTPCall
    private let key: String?
    private let attemptTimeout: Duration
    private var tried: [ClusterClientError.Attempt] = []
    private var mayBeDone = false
    private var backoff = Backoff()

    init(session: ClusterSession, call: HTTPCall, key: String?, attemptTimeout: Duration) {
        self.session = session
        self.call = call
        self.key = key
        self.attemptTimeout = attemptTimeout
        if let key { self.call.fields.append((ProtocolFields.keyName, key)) }
    }

    mutating func run(until deadline: Instant) -> Result<ClusterClient.Response, ClusterClientError>
    {
        while !Task.isCancelled {
            let server = session.servers.current
            switch attempt(until: deadline) {
            case .answer(let response): return .success(response)
            case .fatal(let error): return .failure(error)
            case .cancelled(let mayBeDone):
                self.mayBeDone = self.mayBeDone || mayBeDone
                return .failure(giveUp())
            case .failed(let why, let mayBeDone):
                self.mayBeDone = self.mayBeDone || mayBeDone
                note(server, why)
                session.advance()
                guard pause(until: deadline) else { return .failure(giveUp()) }
            }
        }
        return .failure(giveUp())
    }

    /// Whether there is time for another try, once it is time for it.
    private mutating func pause(until deadline: Instant) -> Bool {
        if let length = backoff.pause(afterFailureOfOneOf: session.servers.servers.count) {
            let end = min(deadline, SystemClock.now() + length)
            while session.dialler.interrupt.wait(for: .read, on: nil, until: end) == .interrupted {
                if Task.isCancelled { return false }
            }
        }
        return SystemClock.now() < deadline
    }

    private mutating func attempt(until deadline: Instant) -> Outcome {
        do throws(ClusterSession.Failure) {
            let connection = try session.connected(until: deadline)
            let limit = min(deadline, SystemClock.now() + attemptTimeout)
            let answer: ServerConnection.Answer
            do throws(ServerConnection.Failure) {
                answer = try connection.exchange(
                    call.bytes(host: connection.server),
                    until: limit
                )
            } catch {
                session.disconnect()
                throw .attempt(error)
            }
            return judge(answer, from: connection.server)
        } catch {
            return switch error {
            case .fatal(let error): .fatal(error)
            case .attempt(.notSent(let why)): .failed(why: why, mayBeDone: false)
            case .attempt(.noAnswer(let why)): .failed(why: why, mayBeDone: true)
            case .attempt(.cancelled(let wasSent)): .cancelled(mayBeDone: wasSent)
            }
        }
    }

    private func judge(_ answer: ServerConnection.Answer, from server: String) -> Outcome {
        let status = answer.status
        do {
            try session.check(answer.fields, of: server)
        } catch .fatal(let error) {
            return .fatal(error)
        } catch {
            // Something between client and server has answered; who knows what it has done.
            return .failed(why: "status \(status), but not from the cluster", mayBeDone: true)
        }
        if (200..<300).contains(status) {
            return .answer(.init(status: status, body: answer.body, server: server))
        }
        let error = ErrorBody(answer.body)
        let code = error?.code ?? "http_\(status)"
        if code == "key_expired", let key { return .fatal(.outcomeUnknown(key: key)) }
        switch status {
        // The server says that nothing was done: nobody leads, too much is under way, it stops.
        case 503: return .failed(why: code, mayBeDone: error == nil)
        case 500, 502, 504: return .failed(why: code, mayBeDone: true)
        default:
            let message = error?.message ?? "the server answered with status \(status)"
            return .fatal(.refused(status: status, code: code, message: message))
        }
    }

    private mutating func note(_ server: String, _ why: String) {
        tried.removeAll { $0.server == server }
        tried.append(.init(server: server, why: why))
    }

    private func giveUp() -> ClusterClientError {
        if mayBeDone, let key { return .outcomeUnknown(key: key) }
        return .unavailable(tried: tried)
    }
}
