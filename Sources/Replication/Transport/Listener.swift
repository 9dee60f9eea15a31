#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A socket that takes connections.
package struct Listener: ~Copyable {
    /// The port, chosen by the system if 0 was asked for.
    package let port: UInt16
    private let socket: Socket

    /// Listens on an address.
    ///
    /// - Throws: ``SocketError``, e.g. because another process has the port.
    package init(on address: SocketAddress, backlog: Int32 = 1024) throws(SocketError) {
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
        port = try socket.localAddress().port
        self.socket = socket
    }

    /// The system's number, for a ``Poller``.
    package var descriptor: Int32 { socket.descriptor }

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
        while true {
            let descriptor = systemAccept(socket.descriptor)
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
