#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A numeric address in the system's form.
package struct SocketAddress: Hashable, Sendable {
    /// The system's number of the address family.
    let family: Int32
    /// The bytes of the system's structure.
    let bytes: [UInt8]

    init(family: Int32, _ bytes: [UInt8]) {
        self.family = family
        self.bytes = bytes
    }

    /// The same address with another port.
    func with(port: UInt16) -> SocketAddress {
        guard bytes.count >= 4 else { return self }
        var bytes = bytes
        bytes[2] = UInt8(port >> 8)
        bytes[3] = UInt8(port & 0xFF)
        return SocketAddress(family: family, bytes)
    }

    /// Whether it means all addresses of a machine, and none that can be called.
    package var isWildcard: Bool {
        let address =
            family == Int32(AF_INET) ? bytes.dropFirst(4).prefix(4) : bytes.dropFirst(8).prefix(16)
        return address.allSatisfy { $0 == 0 }
    }

    /// The port, which all families keep in the same place.
    package var port: UInt16 {
        bytes.count >= 4 ? UInt16(bytes[2]) << 8 | UInt16(bytes[3]) : 0
    }
}

/// From what people write to what the system takes.
extension Address {
    /// Whether it means all addresses of a machine, as `0.0.0.0:7400` and `[::]:7400` do.
    package var isWildcard: Bool { numeric?.isWildcard ?? false }

    /// Asks the system for the host's numeric addresses, the best first.
    ///
    /// May block for seconds on a name: never call it on a loop's thread. Numeric hosts do not
    /// block.
    ///
    /// - Throws: ``SocketError`` with the resolver's words if there is none.
    package func resolved() throws(SocketError) -> [SocketAddress] {
        try lookedUp(AI_NUMERICSERV)
    }

    /// The address of a host that is no name, without asking anybody; nil for a name.
    package var numeric: SocketAddress? {
        do throws(SocketError) {
            return try lookedUp(AI_NUMERICSERV | AI_NUMERICHOST).first
        } catch {
            return nil
        }
    }

    private func lookedUp(_ flags: Int32) throws(SocketError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = flags
        #if canImport(Darwin)
        unsafe hints.ai_socktype = SOCK_STREAM
        #else
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &first)
        defer { if let list = unsafe first { unsafe freeaddrinfo(list) } }
        guard code == 0 else {
            let reason = unsafe String(cString: gai_strerror(code))
            throw SocketError("\(self): \(reason)")
        }
        var found: [SocketAddress] = []
        var next = unsafe first
        // Sound: the list is valid until `freeaddrinfo`, and each address has `ai_addrlen` bytes.
        while let entry = unsafe next {
            if let bytes = unsafe entry.pointee.ai_addr {
                let raw = unsafe UnsafeRawBufferPointer(
                    start: bytes,
                    count: Int(entry.pointee.ai_addrlen)
                )
                let address = unsafe SocketAddress(family: entry.pointee.ai_family, Array(raw))
                if !found.contains(address) { found.append(address) }
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !found.isEmpty else { throw SocketError("\(self): no address") }
        return found
    }
}
