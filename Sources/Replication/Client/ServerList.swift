internal import Storage

/// The servers that a client knows, and where it stands among them.
struct ServerList: Sendable {
    /// As given by the caller: the last resort when the cluster has moved away from its own list.
    private let given: [String]
    /// In the order in which they are tried.
    private(set) var servers: [String]
    /// Those that the cluster itself has named; empty before it has.
    private(set) var members: [String] = []
    private var place = 0

    init(_ servers: [String]) {
        given = servers
        self.servers = servers
    }

    var current: String { servers[place] }

    /// Goes on to the next server.
    mutating func advance() { place = (place + 1) % servers.count }

    /// Takes the members' addresses over; the current server stays current.
    mutating func refresh(_ members: [String]) {
        let valid = members.filter { Address($0) != nil }
        guard !valid.isEmpty else { return }
        self.members = valid
        let before = current
        servers = valid + given.filter { !valid.contains($0) }
        if !servers.contains(before) { servers.append(before) }
        place = servers.firstIndex(of: before) ?? 0
    }
}

/// What `/v1/cluster` says, as far as a client needs it.
struct ClusterView {
    /// The members' addresses for clients.
    private(set) var clients: [String] = []

    /// Reads `{"cluster":"…","members":[{"id":"n1","client":"…",…}],"leader":"n2",…}`; members that
    /// are not known here are from a newer server, and read over.
    init?(_ body: [UInt8]) {
        var reader = JSONReader(body)
        do {
            try reader.members { (name, reader) throws(LineError) in
                guard name == "members" else {
                    _ = try reader.skip()
                    return
                }
                try reader.elements { (reader) throws(LineError) in
                    try readMember(&reader)
                }
            }
            try reader.finish()
        } catch {
            return nil
        }
    }

    private mutating func readMember(_ reader: inout JSONReader) throws(LineError) {
        try reader.members { (name, reader) throws(LineError) in
            guard name == "client", try reader.peek() == .string else {
                _ = try reader.skip()
                return
            }
            clients.append(try reader.string())
        }
    }
}

/// The code and the message of an error's body.
struct ErrorBody {
    private(set) var code = ""
    private(set) var message = ""

    /// Reads `{"error":{"code":"…","message":"…"}}`.
    init?(_ body: [UInt8]) {
        var reader = JSONReader(body)
        do {
            try reader.members { (name, reader) throws(LineError) in
                guard name == "error" else {
                    _ = try reader.skip()
                    return
                }
                try read(&reader)
            }
        } catch {
            return nil
        }
        guard !code.isEmpty else { return nil }
    }

    /// Reads `{"code":"…","message":"…"}`, as the last event of a refused stream has it.
    init?(ofStreamEnd data: [UInt8]) {
        var reader = JSONReader(data)
        do {
            try read(&reader)
        } catch {
            return nil
        }
        guard !code.isEmpty else { return nil }
    }

    private mutating func read(_ reader: inout JSONReader) throws(LineError) {
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "code": code = try reader.string()
            case "message": message = try reader.string()
            default: _ = try reader.skip()
            }
        }
    }
}
