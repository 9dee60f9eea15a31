internal import Storage

/// All tries of one call: server after server, under one key, until an answer or the deadline.
struct Attempts {
    private enum Outcome {
        case answer(ClusterClient.Response)
        case fatal(ClusterClientError)
        /// Try elsewhere.
        case failed(FailedAttempt)
        /// Try elsewhere: the server is not of the cluster, or of another version.
        case stranger(ClusterClientError)
        case cancelled(mayBeDone: Bool)
    }

    /// A try without an answer that counts.
    private struct FailedAttempt {
        var why: String
        /// The code, if the server answered with an error.
        var code: String?
        /// Whether the server may have taken the request.
        var mayBeDone = false
        /// Whether the server went away with the request in its hands.
        var wasLost = false
        /// Whether the server was not asked, so that what it said earlier still stands.
        var wasSkipped = false
    }

    /// How many servers may go away with a request before it is carried to no further one: the
    /// request itself may be what ends them (pitfall 60).
    private static let mostLost = 2

    private let session: ClusterSession
    private var call: HTTPCall
    private let key: String?
    private let times: AttemptTimes
    private var tried: [ClusterClientError.Attempt] = []
    private var strangers = Strangers()
    private var mayBeDone = false
    private var lost = 0
    private var backoff = Backoff()

    init(session: ClusterSession, call: HTTPCall, key: String?, times: AttemptTimes) {
        self.session = session
        self.call = call
        self.key = key
        self.times = times
        if let key { self.call.fields.append((ProtocolFields.keyName, key)) }
    }

    mutating func run() -> Result<ClusterClient.Response, ClusterClientError> {
        while !Task.isCancelled {
            let server = session.servers.current
            switch attempt() {
            case .answer(let response): return .success(response)
            case .fatal(let error): return .failure(error)
            case .cancelled(let mayBeDone):
                self.mayBeDone = self.mayBeDone || mayBeDone
                return .failure(giveUp())
            case .stranger(let error):
                strangers.note(server, error)
                note(server, FailedAttempt(why: error.reason))
                if let verdict = verdict() { return .failure(verdict) }
            case .failed(let failed):
                strangers.clear(server)
                mayBeDone = mayBeDone || failed.mayBeDone
                if failed.wasLost { lost += 1 }
                note(server, failed)
            }
            session.advance()
            guard lost < Self.mostLost, pause() else { return .failure(giveUp()) }
        }
        return .failure(giveUp())
    }

    /// The error if no server of the list is of the cluster, and none took the request.
    private func verdict() -> ClusterClientError? {
        mayBeDone ? nil : strangers.verdict(on: session.servers.servers)
    }

    /// Whether there is time for another try, once it is time for it.
    private mutating func pause() -> Bool {
        if let length = backoff.pause(afterFailureOfOneOf: session.servers.servers.count) {
            let end = min(times.deadline, SystemClock.now() + length)
            while session.dialler.interrupt.wait(for: .read, on: nil, until: end) == .interrupted {
                if Task.isCancelled { return false }
            }
        }
        return isWorthwhile()
    }

    /// Whether the answer to another try can come in time.
    private func isWorthwhile() -> Bool {
        let least = key == nil || tried.isEmpty ? .zero : AttemptTimes.leastForRetry
        return times.deadline - SystemClock.now() > least
    }

    /// How many servers of the list were not tried in this call.
    private var untried: Int {
        session.servers.servers.count { server in !tried.contains { $0.server == server } }
    }

    private mutating func attempt() -> Outcome {
        do throws(ClusterSession.Failure) {
            let connection = try session.connected(
                until: times.connectLimit(at: SystemClock.now(), untried: untried)
            )
            let now = SystemClock.now()
            let limit = times.requestLimit(at: now, untried: untried)
            guard isWorthwhile() else {
                return .failed(
                    FailedAttempt(why: "there was no time left to ask", wasSkipped: true)
                )
            }
            let request = call.bytes(
                host: connection.server,
                patience: AttemptTimes.serverPatience(limit - now)
            )
            let answer: ServerConnection.Answer
            do throws(ServerConnection.Failure) {
                answer = try connection.exchange(request, until: limit)
            } catch {
                session.disconnect()
                throw .attempt(error)
            }
            return judge(answer, from: connection.server)
        } catch {
            return switch error {
            case .fatal(let error): .fatal(error)
            case .stranger(let error): .stranger(error)
            case .attempt(.notSent(let why)): .failed(FailedAttempt(why: why))
            case .attempt(.noAnswer(let why)): .failed(FailedAttempt(why: why, mayBeDone: true))
            case .attempt(.lost(let why)):
                .failed(FailedAttempt(why: why, mayBeDone: true, wasLost: true))
            case .attempt(.cancelled(let wasSent)): .cancelled(mayBeDone: wasSent)
            }
        }
    }

    private func judge(_ answer: ServerConnection.Answer, from server: String) -> Outcome {
        let status = answer.status
        do {
            try session.check(answer.fields, of: server)
        } catch {
            // Something between client and server has answered; who knows what it has done.
            let why = "status \(status), but not from the cluster"
            return .failed(FailedAttempt(why: why, mayBeDone: true))
        }
        if (200..<300).contains(status) {
            return .answer(.init(status: status, body: answer.body, server: server))
        }
        let error = ErrorBody(answer.body)
        let code = error?.code ?? "http_\(status)"
        if code == "key_expired", let key { return .fatal(.outcomeUnknown(key: key)) }
        switch status {
        // The server says that nothing was done: nobody leads, too much is under way, it stops.
        case 503:
            return .failed(FailedAttempt(why: code, code: error?.code, mayBeDone: error == nil))
        case 500, 502, 504:
            return .failed(FailedAttempt(why: code, code: error?.code, mayBeDone: true))
        default:
            let message = error?.message ?? "the server answered with status \(status)"
            return .fatal(.refused(status: status, code: code, message: message))
        }
    }

    private mutating func note(_ server: String, _ failed: FailedAttempt) {
        if failed.wasSkipped, tried.contains(where: { $0.server == server }) { return }
        tried.removeAll { $0.server == server }
        tried.append(.init(server: server, why: failed.why, code: failed.code))
    }

    private func giveUp() -> ClusterClientError {
        if mayBeDone, let key { return .outcomeUnknown(key: key) }
        return .unavailable(tried: tried)
    }
}
