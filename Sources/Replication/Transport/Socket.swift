#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A stream socket that never blocks, and is closed when it goes.
///
/// Each method is one call to the system; a descriptor that a ``Poller`` watches must be taken out
/// of it first.
package struct Socket: ~Copyable {
    /// The system's number, for a ``Poller``.
    package let descriptor: Int32

    /// Takes a descriptor over.
    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    /// Takes a descriptor over and makes it non-blocking and private to this process.
    static func adopt(_ descriptor: Int32) throws(SocketError) -> Socket {
        let socket = Socket(owning: descriptor)
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw .last("fcntl") }
        return socket
    }

    /// Makes an unconnected socket.
    static func make(family: Int32) throws(SocketError) -> Socket {
        #if canImport(Darwin)
        let descriptor = socket(family, SOCK_STREAM, 0)
        #else
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw .last("socket") }
        return try adopt(descriptor)
    }

    /// Begins to connect; it is done, or has failed, once the socket is writable.
    package static func connecting(to address: SocketAddress) throws(SocketError) -> Socket {
        let socket = try make(family: address.family)
        socket.sendAtOnce()
        let code = unsafe address.bytes.withUnsafeBytes { raw in
            // Sound: the pointer is only read, for as many bytes as the array has.
            guard let base = raw.baseAddress else { return Int32(-1) }
            return unsafe connect(
                socket.descriptor,
                base.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count)
            )
        }
        // An interrupted connect goes on by itself, like one in progress.
        guard code == 0 || errno == EINPROGRESS || errno == EINTR else { throw .last("connect") }
        return socket
    }

    deinit { _ = close(descriptor) }

    /// Whether connecting worked; asked once the socket is writable.
    package borrowing func connectResult() throws(SocketError) {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
            throw .last("getsockopt")
        }
        guard code == 0 else { throw SocketError("connect", code: code) }
        // Dialling a dead port of this machine again and again meets, one day, its own number: the
        // system then connects the socket to itself.
        guard try localAddress() != remoteAddress() else {
            throw SocketError("connect", code: ECONNREFUSED)
        }
    }

    /// What came of reading.
    package enum ReadResult: Hashable, Sendable {
        /// So many bytes stand at the start of the buffer.
        case bytes(Int)
        /// Nothing there yet.
        case wouldBlock
        /// The other side will send no more.
        case ended
        /// The connection is broken.
        case failed(SocketError)
    }

    /// Reads what there is, at most as much as `buffer` has room for.
    package borrowing func read(into buffer: inout [UInt8]) -> ReadResult {
        let room = buffer.count
        while true {
            let count = unsafe recv(descriptor, &buffer, room, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended }
            if errno == EINTR { continue }
            if errno == EAGAIN || errno == EWOULDBLOCK { return .wouldBlock }
            return .failed(.last("recv"))
        }
    }

    /// What came of writing.
    package enum WriteResult: Hashable, Sendable {
        /// So many bytes were taken, perhaps none.
        case written(Int)
        /// The connection is broken.
        case failed(SocketError)
    }

    /// Writes as much as the system takes of `bytes` from `offset` on; never raises SIGPIPE.
    package borrowing func write(_ bytes: [UInt8], from offset: Int) -> WriteResult {
        guard offset >= 0, offset < bytes.count else { return .written(0) }
        return unsafe bytes.withUnsafeBytes { raw in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: raw[offset...])
            while true {
                let count = unsafe send(descriptor, rest.baseAddress, rest.count, Self.sendFlags)
                if count >= 0 { return .written(count) }
                if errno == EINTR { continue }
                if errno == EAGAIN || errno == EWOULDBLOCK { return .written(0) }
                return .failed(.last("send"))
            }
        }
    }

    /// Whether the other side has closed or broken the connection; reads nothing.
    ///
    /// For sockets that are not watched. Bytes that wait to be read hide the end behind them.
    package borrowing func hasEnded() -> Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(descriptor, &byte, 1, Self.peekFlags)
        if count >= 0 { return count == 0 }
        return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR
    }

    /// Bytes that the system has taken and the other machine has not acknowledged.
    ///
    /// Those of a broken connection, or where the system does not tell, are none.
    borrowing func unacknowledgedBytes() -> Int {
        var count: Int32 = 0
        #if canImport(Darwin)
        var size = socklen_t(MemoryLayout<Int32>.size)
        let code = unsafe getsockopt(descriptor, SOL_SOCKET, SO_NWRITE, &count, &size)
        #else
        let code = unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count)
        #endif
        return code == 0 ? Int(max(count, 0)) : 0
    }

    /// Tells the other side that no more comes; reading goes on.
    package borrowing func finishWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// The address on this side.
    package borrowing func localAddress() throws(SocketError) -> SocketAddress {
        try unsafe address("getsockname") { (address, size) in
            unsafe getsockname(descriptor, address, size)
        }
    }

    /// The address on the other side.
    package borrowing func remoteAddress() throws(SocketError) -> SocketAddress {
        try unsafe address("getpeername") { (address, size) in
            unsafe getpeername(descriptor, address, size)
        }
    }

    private borrowing func address(
        _ operation: String,
        _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) throws(SocketError) -> SocketAddress {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let bytes = unsafe withUnsafeMutableBytes(of: &storage) { raw -> [UInt8]? in
            // Sound: `raw` is as large as any address, and `size` says so.
            guard let base = raw.baseAddress else { return nil }
            let code = unsafe ask(base.assumingMemoryBound(to: sockaddr.self), &size)
            return code == 0 ? unsafe Array(raw.prefix(Int(size))) : nil
        }
        guard let bytes else { throw .last(operation) }
        return SocketAddress(family: Int32(storage.ss_family), bytes)
    }

    /// Turns Nagle's algorithm off: what is sent is whole already.
    borrowing func sendAtOnce() {
        setOption(Int32(IPPROTO_TCP), TCP_NODELAY)
        #if canImport(Darwin)
        setOption(SOL_SOCKET, SO_NOSIGPIPE)
        #endif
    }

    /// Sets an option; one that is refused costs speed, not correctness.
    borrowing func setOption(_ level: Int32, _ option: Int32, to value: Int32 = 1) {
        var value = value
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe setsockopt(descriptor, level, option, &value, size)
    }

    /// Breaks the connection when the other machine is silent for about `limit`: what was sent is
    /// not acknowledged, or it does not answer when asked whether it is there.
    ///
    /// Without this the system goes on for a quarter of an hour, with ever longer pauses.
    borrowing func giveUp(after limit: Duration) {
        let milliseconds = Int32(clamping: max(limit.milliseconds, 1))
        let seconds = max(milliseconds / 2_000, 1)
        setOption(SOL_SOCKET, SO_KEEPALIVE)
        setOption(Int32(IPPROTO_TCP), TCP_KEEPINTVL, to: seconds)
        setOption(Int32(IPPROTO_TCP), TCP_KEEPCNT, to: 2)
        #if canImport(Darwin)
        setOption(Int32(IPPROTO_TCP), TCP_KEEPALIVE, to: seconds)
        setOption(Int32(IPPROTO_TCP), TCP_RXT_CONNDROPTIME, to: seconds * 2)
        #else
        setOption(Int32(IPPROTO_TCP), TCP_KEEPIDLE, to: seconds)
        setOption(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, to: milliseconds)
        #endif
    }

    #if canImport(Darwin)
    private static let sendFlags: Int32 = 0
    private static let peekFlags = MSG_PEEK | MSG_DONTWAIT
    #else
    private static let sendFlags = Int32(MSG_NOSIGNAL)
    private static let peekFlags = Int32(MSG_PEEK | MSG_DONTWAIT)
    #endif
}
