internal import Glibc

/// The calls of the C library that this module needs, one each, interrupted ones repeated.
///
/// The only place here that touches descriptors and pointers.
enum SystemCalls {
    /// The number of an error, as `errno` has it.
    struct Failure: Error {
        let code: Int32

        var isBrokenPipe: Bool { code == EPIPE }
        var isFullForNow: Bool { code == EAGAIN }
        /// What a terminal answers when the other end is gone.
        var isHangUp: Bool { code == EIO }
        var text: String { unsafe String(cString: strerror(code)) }
    }

    /// Writes as much as fits at once.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(Failure) -> Int {
        while true {
            // Sound: pointer and count describe the one buffer, which lives as long as the closure.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 { return count }
            if errno != EINTR { throw Failure(code: errno) }
        }
    }

    /// Reads up to `limit` bytes; none at the end.
    static func read(_ limit: Int, from descriptor: Int32) throws(Failure) -> [UInt8] {
        while true {
            var count = 0
            // Sound: `read` writes no more than the capacity, and no less is declared initialized.
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
                count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(0, count)
            }
            if count >= 0 { return bytes }
            if errno != EINTR { throw Failure(code: errno) }
        }
    }

    /// Waits until the descriptor can be read or written, or is closed.
    ///
    /// - Returns: Whether it can; `false` after the time has passed, or a signal came.
    static func wait(
        for descriptor: Int32,
        toWrite: Bool,
        milliseconds: Int32
    ) -> Bool {
        var entry = pollfd(
            fd: descriptor,
            events: Int16(toWrite ? POLLOUT : POLLIN),
            revents: 0
        )
        return unsafe poll(&entry, 1, milliseconds) > 0
    }

    static func isOpen(_ descriptor: Int32) -> Bool {
        fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF
    }

    /// Opens what is empty and stays so, for reading; inherited, as a standard stream is.
    static func openNull() -> Int32 { unsafe open("/dev/null", O_RDONLY) }

    /// Opens a file, a pipe or a device for reading.
    static func openForReading(_ path: String) throws(Failure) -> Int32 {
        while true {
            let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw Failure(code: errno) }
        }
    }

    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// The columns of a terminal, if it knows them.
    static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        // Sound: the request fills exactly one structure of this type.
        let result = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
        return result == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
    }

    static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
