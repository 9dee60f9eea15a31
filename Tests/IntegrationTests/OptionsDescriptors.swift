import ChatOptions
import Glibc

/// A pipe that no process inherits by accident, which only sockets can be here.
final class Pipe {
    private(set) var reading: Int32
    private(set) var writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw OptionsShell.Failure(code: errno)
        }
        reading = ends[0]
        writing = ends[1]
    }

    /// Hands over an input from which `bytes` can be read, and then the end.
    static func with<T>(bytes: [UInt8], _ body: (Input) throws -> T) throws -> T {
        let pipe = try Pipe()
        _ = unsafe write(pipe.writing, bytes, bytes.count)
        pipe.closeWriting()
        defer { pipe.closeReading() }
        return try body(Input(descriptor: pipe.reading))
    }

    static func with<T>(_ text: String, _ body: (Input) throws -> T) throws -> T {
        try with(bytes: Array(text.utf8), body)
    }

    func closeReading() {
        if reading >= 0 { close(reading) }
        reading = -1
    }

    func closeWriting() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    func readAll() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(reading, &buffer, buffer.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer.prefix(count)
        }
    }

    deinit {
        closeReading()
        closeWriting()
    }
}

/// A terminal without a window: what a person types goes in at one side, the program is at the other.
final class PseudoTerminal: Sendable {
    /// The side of the person.
    let person: Int32
    /// The side of the program.
    let user: Int32

    init() throws {
        person = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: Int32 = 0
        var number: Int32 = 0
        // TIOCSPTLCK and TIOCGPTN of Linux, which the module of the C library does not show.
        guard unsafe person >= 0 && ioctl(person, 0x4004_5431, &lock) == 0,
            unsafe ioctl(person, 0x8004_5430, &number) == 0
        else { throw OptionsShell.Failure(code: errno) }
        user = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard user >= 0 else { throw OptionsShell.Failure(code: errno) }
    }

    deinit {
        close(user)
        close(person)
    }

    /// Whether what is typed is shown.
    var echoes: Bool {
        var settings = termios()
        _ = unsafe tcgetattr(user, &settings)
        return settings.c_lflag & tcflag_t(ECHO) != 0
    }

    /// What is on the screen by now; blocks if that is nothing.
    func screen() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(person, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    func typingOnceEchoIsOff(_ text: String) -> Typist {
        onceEchoIsOff { [person] in
            _ = unsafe write(person, text, text.utf8.count)
        }
    }

    /// Acts in a thread of its own as soon as nothing that is typed is shown.
    func onceEchoIsOff(_ act: @escaping @Sendable () -> Void) -> Typist {
        Typist { [self] in
            while echoes { sched_yield() }
            act()
        }
    }
}

/// A thread that acts once.
final class Typist {
    private let thread: pthread_t

    init(_ act: @escaping @Sendable () -> Void) {
        final class Box {
            let act: @Sendable () -> Void
            init(_ act: @escaping @Sendable () -> Void) { self.act = act }
        }
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Box(act))
        // Sound: the thread takes over the one reference that was retained for it.
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().act()
                return nil
            },
            unsafe box.toOpaque()
        )
        precondition(result == 0)
        self.thread = thread
    }

    func join() {
        pthread_join(thread, nil)
    }
}
