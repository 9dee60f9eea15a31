internal import Storage

/// Makes a client's connections, on a thread that may block, each within its time.
///
/// A name is looked up on another thread. Its addresses are tried in their order, the next one as
/// soon as the one before fails or has had its share of the time, and the first that answers wins
/// (RFC 8305, "happy eyeballs"): an address that drops packets costs its share and not the call.
struct Dialler: Sendable {
    /// The longest share of an address before the next one is tried beside it.
    static let longestShare = Duration.milliseconds(250)

    let interrupt: Interrupt
    let lookUps: NameLookUps

    /// Connects to the first of a server's addresses that takes it.
    ///
    /// - Throws: ``ServerConnection/Failure``: `notSent` with the reason, or `cancelled`.
    func connect(
        to server: String,
        until deadline: Instant
    ) throws(ServerConnection.Failure) -> Socket {
        guard let address = Address(server) else { throw .notSent("not host:port") }
        let addresses = try lookUp(address, until: deadline)
        var race = ConnectionRace(addresses)
        return try race.run(until: deadline, interrupt)
    }

    private func lookUp(
        _ address: Address,
        until deadline: Instant
    ) throws(ServerConnection.Failure) -> [SocketAddress] {
        let answer = Lock<NameLookUps.Answer?>(nil)
        lookUps.find(address) { [interrupt] found in
            answer.withLock { $0 = found }
            interrupt.signal()
        }
        while true {
            if let found = answer.withLock({ $0 }) {
                do throws(SocketError) { return try found.get() } catch {
                    throw .notSent(error.description)
                }
            }
            // A look-up that ends later signals a wait that has nothing to do with it: each wait
            // looks again at what it waits for.
            switch interrupt.wait(for: .read, on: nil, until: deadline) {
            case .ready: break
            case .timedOut: throw .notSent("the name was not looked up in time")
            case .interrupted: if Task.isCancelled { throw .cancelled(wasSent: false) }
            }
        }
    }
}

/// Several connections that are being made to one server, of which the first is kept.
struct ConnectionRace: ~Copyable {
    /// A socket that connects.
    private final class Runner {
        let descriptor: Int32
        private var socket: Socket?

        init(_ socket: consuming Socket) {
            descriptor = socket.descriptor
            self.socket = consume socket
        }

        /// Gives the socket away if it is connected.
        func finish() throws(SocketError) -> Socket? {
            try socket?.connectResult()
            return socket.take()
        }
    }

    private var left: ArraySlice<SocketAddress>
    private var running: [Runner] = []
    private var reason = "no address"
    /// When the next address gets its turn.
    private var nextStart = Instant(nanoseconds: 0)

    init(_ addresses: [SocketAddress]) { left = addresses[...] }

    /// Gives the first socket that is connected; the others are closed.
    mutating func run(
        until deadline: Instant,
        _ interrupt: Interrupt
    ) throws(ServerConnection.Failure) -> Socket {
        while true {
            begin(at: SystemClock.now(), until: deadline)
            guard !running.isEmpty else { throw .notSent(reason) }
            let limit = left.isEmpty ? deadline : min(deadline, nextStart)
            let descriptors = running.map(\.descriptor)
            switch interrupt.waitForAny(of: descriptors, for: .write, until: limit) {
            case .ready(let places):
                if let socket = finish(places) { return socket }
            case .timedOut:
                if limit == deadline { throw .notSent("no connection in time") }
            case .interrupted: if Task.isCancelled { throw .cancelled(wasSent: false) }
            }
        }
    }

    /// Begins with the next addresses whose turn it is.
    private mutating func begin(at now: Instant, until deadline: Instant) {
        while running.isEmpty || nextStart <= now, let address = left.popFirst() {
            do throws(SocketError) {
                running.append(Runner(try Socket.connecting(to: address)))
                let share = max(deadline - now, .zero) / (left.count + 1)
                nextStart = now + min(share, Dialler.longestShare)
            } catch {
                reason = error.description
            }
        }
    }

    /// The first socket of these that is connected; those that failed are out, and the next address
    /// need not wait.
    private mutating func finish(_ places: [Int]) -> Socket? {
        for place in places.reversed() {
            do throws(SocketError) {
                if let socket = try running[place].finish() { return socket }
            } catch {
                reason = error.description
            }
            running.remove(at: place)
            nextStart = Instant(nanoseconds: 0)
        }
        return nil
    }
}
