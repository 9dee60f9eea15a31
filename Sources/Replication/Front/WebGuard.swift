import Storage

/// Keeps web pages of other origins out, which a browser on this machine may show.
///
/// A page may post without asking first (no content type of ours), and by a name server of its own
/// may point its name to this machine and so read answers: a listener that only this machine reaches
/// is called by names that it knows.
struct WebGuard {
    /// The hosts that the listener may be called by beside addresses and `localhost`; nil for any, as
    /// for a listener that other machines reach.
    private let hosts: Set<String>?

    /// A guard of a listener.
    ///
    /// - Parameters:
    ///   - listener: The address that is listened on, as configured.
    ///   - names: Further hosts that clients may call it by.
    init(listener: String, names: [String] = []) {
        guard let address = Address(listener), Self.isLoopback(address.host) else {
            hosts = nil
            return
        }
        hosts = Set((names + [address.host, "localhost"]).map(Authority.normal))
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    /// The answer to a request that a page of another origin may have made; nil for any other.
    func refusal(of request: HTTPRequest) -> HTTPResponse? {
        let host = request.fields.firstBytes("host").flatMap { Authority($0) }
        if let hosts, let host, !host.isNumeric, !hosts.contains(host.host) {
            return .error(
                .misdirected,
                code: "host_unknown",
                message: "this node is not called '\(host.host)': use its address, or localhost"
            )
        }
        guard let origin = request.fields.firstBytes("origin"), !Self.isOwn(origin, host) else {
            return nil
        }
        return .error(
            .forbidden,
            code: "origin_foreign",
            message: "web pages of other origins are not served"
        )
    }

    /// Whether an origin is that of the host itself; a proxy before the node may speak TLS.
    private static func isOwn(_ origin: ArraySlice<UInt8>, _ host: Authority?) -> Bool {
        guard let host else { return false }
        for (scheme, port) in [("http://", 80 as UInt16), ("https://", 443)]
        where ASCII.equal(origin.prefix(scheme.utf8.count), scheme) {
            guard let own = Authority(origin.dropFirst(scheme.utf8.count)) else { return false }
            return own.host == host.host && (own.port ?? port) == (host.port ?? port)
        }
        return false
    }
}
