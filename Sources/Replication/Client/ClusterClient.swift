internal import Storage

/// A client of a cluster: finds a server that serves, tries again under the same key, and tells
/// unknown from refused.
///
/// One request is under way at a time, over one connection that is kept. It has a thread of its
/// own, so its calls never block Swift's.
///
/// An answer says one of three things. A ``Response``: done. ``ClusterClientError/refused``: the
/// cluster says no. Any other error: nothing was done (``ClusterClientError/unavailable(tried:)`` has
/// the servers' own codes, such as `no_leader` or `behind`), except for
/// ``ClusterClientError/outcomeUnknown(key:)``, which only the same request under the same key
/// turns into one of the others.
public actor ClusterClient {
    /// What a server answered.
    public struct Response: Hashable, Sendable {
        /// The HTTP status, 200 to 299.
        public var status: Int
        /// The body, mostly JSON.
        public var body: [UInt8]
        /// Which server answered.
        public var server: String
    }

    /// Hears of a server that is not of the cluster.
    public typealias StrangerReport = @Sendable (ClusterClientError) -> Void

    /// The bearer token that goes with each request that does not bring its own.
    public var token: String?
    /// The cluster's id, as given or as the first server named it.
    public var cluster: String? { session.cluster }
    /// The servers, in the order in which they are tried; kept up to date from the cluster itself.
    public var servers: [String] { session.servers.servers }
    /// The server that is used now.
    public var server: String { session.servers.current }

    /// The servers to keep for a later client: those that the cluster has named, and the one in use;
    /// empty before the cluster has named any.
    public var serversToKeep: [String] {
        let members = session.servers.members
        guard !members.isEmpty, !members.contains(server) else { return members }
        return members + [server]
    }

    private let session: ClusterSession
    private nonisolated let timeout: Duration
    private let attemptTimeout: Duration
    private let connectTimeout: Duration
    private nonisolated let interrupt: Interrupt
    private nonisolated let loop: EventLoop
    /// Shared with the streams: what one of them has looked up the others need not.
    private nonisolated let lookUps: NameLookUps
    private nonisolated let onStranger: StrangerReport?

    /// The client's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Creates a client; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - servers: `host:port` of one or more servers.
    ///   - token: The bearer token, if there is one yet.
    ///   - cluster: The cluster's id, if known from an earlier session; else the first server's.
    ///   - timeout: For a call in all, with all its tries; counted from the call.
    ///   - attemptTimeout: For one server; then the next is asked. Servers that were not tried yet
    ///     share the time of the call, so that each is.
    ///   - connectTimeout: For connecting to one server, its look-up and all its addresses.
    ///   - onStranger: Called with each server that is passed by, as `clusterChanged` or
    ///     `versionMismatch`; on the client's thread, so it must not block.
    /// - Throws: ``ClusterClientError/invalidServer(_:)``;
    ///   ``ClusterClientError/unavailable(tried:)`` if the process is out of descriptors.
    public init(
        servers: [String],
        token: String? = nil,
        cluster: String? = nil,
        timeout: Duration = .seconds(10),
        attemptTimeout: Duration = .seconds(2),
        connectTimeout: Duration = .seconds(1),
        onStranger: StrangerReport? = nil
    ) throws(ClusterClientError) {
        try self.init(
            servers: servers,
            token: token,
            cluster: cluster,
            timeout: timeout,
            attemptTimeout: attemptTimeout,
            connectTimeout: connectTimeout,
            onStranger: onStranger,
            lookUps: NameLookUps()
        )
    }

    /// Creates a client that looks names up elsewhere, for tests.
    package init(
        servers: [String],
        token: String? = nil,
        cluster: String? = nil,
        timeout: Duration = .seconds(10),
        attemptTimeout: Duration = .seconds(2),
        connectTimeout: Duration = .seconds(1),
        onStranger: StrangerReport? = nil,
        lookUps: NameLookUps
    ) throws(ClusterClientError) {
        guard !servers.isEmpty else { throw .invalidServer("") }
        for server in servers where Address(server) == nil { throw .invalidServer(server) }
        do {
            loop = try EventLoop()
            interrupt = try Interrupt()
        } catch {
            throw .unavailable(tried: [.init(server: servers[0], why: error.description)])
        }
        self.token = token
        self.lookUps = lookUps
        self.onStranger = onStranger
        self.timeout = timeout
        self.attemptTimeout = attemptTimeout
        self.connectTimeout = connectTimeout
        session = ClusterSession(
            servers: ServerList(servers),
            cluster: cluster,
            connectTimeout: connectTimeout,
            dialler: Dialler(interrupt: interrupt, lookUps: lookUps),
            onStranger: onStranger
        )
        loop.start { _ in nil }
    }

    deinit { loop.close() }

    /// Changes the token, after a login.
    public func use(token: String?) { self.token = token }

    /// Takes the answers of a server that belongs to no cluster yet, too: what it says of itself.
    ///
    /// For calls that change nothing, of a client that knows no cluster.
    public func takeBlankServers() { session.takesBlankServers = true }

    /// Posts a request to `/v1/requests`; it takes effect once, however often it is tried.
    ///
    /// - Parameters:
    ///   - body: The request, JSON.
    ///   - key: 1 to 128 printable ASCII characters; nil makes a random one. Give the key of
    ///     ``ClusterClientError/outcomeUnknown(key:)`` to find out what became of it.
    ///   - since: The index of an answer that was known at the first try, for a key that is used
    ///     again much later: the cluster then says if it is too old to tell, and does nothing twice.
    ///   - token: In place of the client's own.
    ///   - attemptTimeout: For one server, where the request takes long by itself, in place of the
    ///     client's own: one that is given up and asked for again is computed twice.
    /// - Returns: The answer.
    /// - Throws: ``ClusterClientError``.
    public nonisolated func request(
        _ body: [UInt8],
        key: String? = nil,
        since: UInt64? = nil,
        token: String? = nil,
        attemptTimeout: Duration? = nil
    ) async throws(ClusterClientError) -> Response {
        try await post(
            "/v1/requests",
            body,
            key: key,
            since: since,
            token: token,
            attemptTimeout: attemptTimeout
        )
    }

    /// Posts to any path; for the operators' calls.
    ///
    /// - Parameters:
    ///   - path: With a slash first.
    ///   - body: JSON.
    ///   - key: As for ``request(_:key:since:token:attemptTimeout:)``.
    ///   - since: As for ``request(_:key:since:token:attemptTimeout:)``.
    ///   - token: In place of the client's own.
    ///   - attemptTimeout: As for ``request(_:key:since:token:attemptTimeout:)``.
    /// - Returns: The answer.
    /// - Throws: ``ClusterClientError``.
    public nonisolated func post(
        _ path: String,
        _ body: [UInt8],
        key: String? = nil,
        since: UInt64? = nil,
        token: String? = nil,
        attemptTimeout: Duration? = nil
    ) async throws(ClusterClientError) -> Response {
        var call = HTTPCall(method: .post, path: path, token: token, body: body)
        if let since { call.fields.append((ProtocolFields.sinceName, String(since))) }
        return try await perform(
            call,
            key: key ?? Self.randomKey(),
            attemptTimeout: attemptTimeout
        )
    }

    /// Posts a query to `/v1/queries`, which changes nothing.
    ///
    /// - Parameters:
    ///   - body: The query, JSON.
    ///   - isStale: Whether an answer from whatever the server has will do; else it is at least as
    ///     new as all that was acknowledged before.
    ///   - token: In place of the client's own.
    /// - Returns: The answer.
    /// - Throws: ``ClusterClientError``, but never an unknown outcome.
    public nonisolated func query(
        _ body: [UInt8],
        isStale: Bool = false,
        token: String? = nil
    ) async throws(ClusterClientError) -> Response {
        try await query(body, consistency: isStale ? .stale : .linearizable, token: token)
    }

    /// Posts a query to `/v1/queries`, which changes nothing.
    ///
    /// - Parameters:
    ///   - body: The query, JSON.
    ///   - consistency: How new the state must be that answers.
    ///   - token: In place of the client's own.
    /// - Returns: The answer.
    /// - Throws: ``ClusterClientError``, but never an unknown outcome.
    public nonisolated func query(
        _ body: [UInt8],
        consistency: Consistency,
        token: String? = nil
    ) async throws(ClusterClientError) -> Response {
        let path =
            consistency == .linearizable
            ? "/v1/queries" : "/v1/queries?consistency=\(consistency)"
        return try await perform(HTTPCall(method: .post, path: path, token: token, body: body))
    }

    /// Gets any path, such as `/v1/cluster`.
    ///
    /// - Parameters:
    ///   - path: With a slash first.
    ///   - token: In place of the client's own.
    /// - Returns: The answer.
    /// - Throws: ``ClusterClientError``, but never an unknown outcome.
    public nonisolated func get(
        _ path: String,
        token: String? = nil
    ) async throws(ClusterClientError) -> Response {
        try await perform(HTTPCall(method: .get, path: path, token: token))
    }

    /// The cluster's events, after an id or from now on; nothing is sent until they are asked for.
    ///
    /// They have a connection and a thread of their own.
    ///
    /// - Parameters:
    ///   - since: The id of the last event that was seen.
    ///   - options: How the stream behaves.
    ///   - token: In place of the client's own.
    /// - Returns: A sequence that goes on by itself on another server when one is lost.
    public func events(
        since: String? = nil,
        options: ServerEvents.Options = .init(),
        token: String? = nil
    ) -> ServerEvents {
        ServerEvents(
            servers: servers,
            cluster: cluster,
            connectTimeout: connectTimeout,
            lookUps: lookUps,
            onStranger: onStranger,
            token: token ?? self.token,
            since: since,
            options: options
        )
    }

    /// A key that nobody else has.
    public static func randomKey() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = Entropy.randomBytes(16).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private nonisolated func perform(
        _ call: HTTPCall,
        key: String? = nil,
        attemptTimeout: Duration? = nil
    ) async throws(ClusterClientError) -> Response {
        let deadline = SystemClock.now() + timeout
        let result = await withTaskCancellationHandler {
            await attempt(call, key: key, until: deadline, attemptTimeout)
        } onCancel: {
            interrupt.signal()
        }
        return try result.get()
    }

    private func attempt(
        _ call: HTTPCall,
        key: String?,
        until deadline: Instant,
        _ longest: Duration?
    ) -> Result<Response, ClusterClientError> {
        var call = call
        call.token = call.token ?? token
        var attempts = Attempts(
            session: session,
            call: call,
            key: key,
            times: AttemptTimes(deadline: deadline, longestRequest: longest ?? attemptTimeout)
        )
        return attempts.run()
    }
}
