#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What takes connections: a socket, or one for each address of a name.
package struct Listener: ~Copyable {
    /// The port, chosen by the system if 0 was asked for; the same on all addresses.
    package let port: UInt16
    private let sockets: [ListeningSocket]

    /// Listens on an address.
    ///
    /// - Throws: ``SocketError``, e.g. because another process has the port.
    package init(on address: SocketAddress, backlog: Int32 = 1024) throws(SocketError) {
        let socket = try ListeningSocket(on: address, backlog: backlog)
        port = try socket.port
        sockets = [socket]
    }

    /// Listens on all addresses of a name that this machine has, as `localhost` has two.
    ///
    /// Who resolves the name may try any of them first.
    ///
    /// - Throws: ``SocketError`` if one of them is taken, or this machine has none of them.
    package init(onAll addresses: [SocketAddress], backlog: Int32 = 1024) throws(SocketError) {
        var sockets: [ListeningSocket] = []
        var port: UInt16 = 0
        var missing: SocketError?
        for address in addresses {
            do throws(SocketError) {
                // The system's choice for the first counts for all.
                let place = sockets.isEmpty ? address : address.with(port: port)
                let socket = try ListeningSocket(on: place, backlog: backlog)
                if sockets.isEmpty { port = try socket.port }
                sockets.append(socket)
            } catch {
                guard error.isNotOfThisMachine else { throw error }
                missing = error
            }
        }
        guard !sockets.isEmpty else { throw missing ?? SocketError("no such address") }
        self.port = port
        self.sockets = sockets
    }

    /// The system's numbers, for a ``Poller``.
    package var descriptors: [Int32] { sockets.map(\.descriptor) }

    /// How many addresses are listened on.
    package var count: Int { sockets.count }

    /// What came of accepting.
    package enum Accepted: ~Copyable {
        /// A connection.
        case socket(Socket)
        /// None waits.
        case none
        /// Neither this process nor the system has a descriptor to spare: the listener stays
        /// readable, so take it out of the poll set for a while.
        case exhausted
    }

    /// Takes one connection; call until it gives no more.
    package borrowing func accept() -> Accepted {
        for socket in sockets {
            switch Self.accept(from: socket.descriptor) {
            case .socket(let accepted): return .socket(accepted)
            case .none: continue
            case .exhausted: return .exhausted
            }
        }
        return .none
    }

    private static func accept(from listening: Int32) -> Accepted {
        while true {
            let descriptor = systemAccept(listening)
            if descriptor >= 0 {
                guard let accepted = try? Socket.adopt(descriptor) else { continue }
                accepted.sendAtOnce()
                return .socket(accepted)
            }
            switch errno {
            case EAGAIN: return .none
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            // The connection was gone before it was taken, or a signal came.
            case EINTR, ECONNABORTED, EPROTO: continue
            default: return .none
            }
        }
    }
}

/// One socket that listens, closed when nobody holds it.
private final class ListeningSocket: Sendable {
    private let socket: Socket

    init(on address: SocketAddress, backlog: Int32) throws(SocketError) {
        let socket = try Socket.make(family: address.family)
        // A restart must not wait for the connections of the run before to be forgotten.
        socket.setOption(SOL_SOCKET, SO_REUSEADDR)
        let code = unsafe address.bytes.withUnsafeBytes { raw in
            // Sound: the pointer is only read, for as many bytes as the array has.
            guard let base = raw.baseAddress else { return Int32(-1) }
            return unsafe bind(
                socket.descriptor,
                base.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count)
            )
        }
        guard code == 0 else { throw .last("bind") }
        guard listen(socket.descriptor, backlog) == 0 else { throw .last("listen") }
        self.socket = socket
    }

    var descriptor: Int32 { socket.descriptor }

    var port: UInt16 {
        get throws(SocketError) { try socket.localAddress().port }
    }
}

/// Within ``Listener`` the name would mean its own method.
private func systemAccept(_ descriptor: Int32) -> Int32 {
    accept(descriptor, nil, nil)
}

/// Ports that are free now.
package enum FreePort {
    /// `127.0.0.1:` and a port that the system chose and nobody listens on.
    ///
    /// Another process may take it before the caller does; the caller then says so.
    package static func address() throws(SocketError) -> String {
        guard let any = try Address("127.0.0.1:0")?.resolved().first else {
            throw SocketError("127.0.0.1: no address")
        }
        return "127.0.0.1:\(try Listener(on: any).port)"
    }
}
