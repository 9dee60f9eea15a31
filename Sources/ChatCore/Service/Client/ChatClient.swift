public import ChatCore
public import Replication
import Storage

/// A person's, or a program's, way into the chat: typed calls over a ``ClusterClient``.
///
/// Each call tries server after server until one answers or the time is up; what it changes is
/// changed once. Copies share one connection and one session.
///
/// ```swift
/// let client = try ChatClient(servers: ["127.0.0.1:7400", "127.0.0.1:7410"])
/// try await client.login("ann", password: password)
/// try await client.send("hello", to: "bob")
/// ```
public struct ChatClient: Sendable {
    /// What finds the servers, and holds the token.
    public let connection: ClusterClient
    /// How new the state must be that answers a read; by default it sees all that was acknowledged
    /// before.
    public var consistency = Consistency.linearizable
    /// Whether reads may be answered by a server that is behind, and by a minority that has lost
    /// the others; else a read sees all that was acknowledged before it.
    public var acceptsStaleReads: Bool {
        get { consistency == .stale }
        set { consistency = newValue ? .stale : .linearizable }
    }

    /// Wraps a connection.
    public init(_ connection: ClusterClient) { self.connection = connection }

    /// Creates a client; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - servers: `host:port` of one or more servers.
    ///   - token: The token of a session, from an earlier login.
    ///   - cluster: The cluster's id, if known from an earlier session: no other is spoken to.
    ///   - timeout: For a call in all, with all its tries.
    ///   - onStranger: Called with each server that is passed by, because it is of another cluster or
    ///     version; it must not block.
    /// - Throws: ``ChatClientError/failed(_:)``.
    public init(
        servers: [String],
        token: String? = nil,
        cluster: String? = nil,
        timeout: Duration = .seconds(5),
        onStranger: ClusterClient.StrangerReport? = nil
    ) throws(ChatClientError) {
        do throws(ClusterClientError) {
            connection = try ClusterClient(
                servers: servers,
                token: token,
                cluster: cluster,
                timeout: timeout,
                onStranger: onStranger
            )
        } catch {
            throw .failed(error)
        }
    }

    /// For how long a server may take over a password: its hash waits for others' before it.
    private static let hashTimeout = Duration.seconds(15)

    /// Posts any request.
    ///
    /// - Parameters:
    ///   - request: What to do.
    ///   - key: The idempotency key; nil makes a random one.
    /// - Returns: What it gave, and the token of a new session.
    /// - Throws: ``ChatClientError``.
    public func post(
        _ request: ChatState.Request,
        key: String? = nil
    ) async throws(ChatClientError) -> (receipt: Receipt<ChatState.Output>, token: String?) {
        let response: ClusterClient.Response
        do throws(ClusterClientError) {
            response = try await connection.request(
                request.lineBytes,
                key: key,
                attemptTimeout: request.hashesPassword ? Self.hashTimeout : nil
            )
        } catch {
            throw .failed(error)
        }
        do throws(LineError) {
            let envelope = try AnswerEnvelope(response.body)
            guard let output = envelope.output else { throw AnswerEnvelope.otherKind }
            let receipt = Receipt(
                value: output,
                index: envelope.index,
                isRepeated: envelope.isRepeated
            )
            return (receipt, envelope.secret?.token)
        } catch {
            throw .unreadable(server: response.server, error)
        }
    }

    /// Posts any query.
    ///
    /// - Throws: ``ChatClientError``, but never an unknown outcome.
    public func ask(_ query: ChatState.Query) async throws(ChatClientError) -> ChatState.Answer {
        try await expect(try await envelope(of: query).answer)
    }

    /// What a server answers to a query, with the place in the log that the answer has seen.
    func envelope(
        of query: ChatState.Query
    ) async throws(ChatClientError) -> AnswerEnvelope {
        let response: ClusterClient.Response
        do throws(ClusterClientError) {
            response = try await connection.query(query.lineBytes, consistency: consistency)
        } catch {
            throw .failed(error)
        }
        do throws(LineError) {
            let envelope = try AnswerEnvelope(response.body)
            guard envelope.answer != nil else { throw AnswerEnvelope.otherKind }
            return envelope
        } catch {
            throw .unreadable(server: response.server, error)
        }
    }

    /// The value that an output or an answer holds, if it is of the kind that was asked for.
    func expect<Value>(_ value: Value?) async throws(ChatClientError) -> Value {
        guard let value else {
            throw .unreadable(server: await connection.server, AnswerEnvelope.otherKind)
        }
        return value
    }
}

extension ChatState.Request {
    /// Whether a password has to be hashed for it, which takes a server long.
    fileprivate var hashesPassword: Bool {
        switch self {
        case .register, .login: true
        case .logout, .send, .read, .delete: false
        }
    }
}
