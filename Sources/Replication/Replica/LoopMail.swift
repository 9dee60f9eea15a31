import Storage

/// What other threads have for a replica's loop.
final class LoopMail: Sendable {
    private let inputs = Lock([LoopInput]())
    private let loop: EventLoop

    init(_ loop: EventLoop) { self.loop = loop }

    /// Hands an input over, and has the loop look for it.
    func post(_ input: LoopInput) {
        inputs.withLock { $0.append(input) }
        loop.wake()
    }

    /// Takes all that came, in its order.
    func takeAll() -> [LoopInput] {
        inputs.withLock { inputs in
            defer { inputs.removeAll(keepingCapacity: true) }
            return inputs
        }
    }
}

/// What may come from another thread.
enum LoopInput: Sendable {
    /// For the node.
    case node(NodeInput)
    /// A name was looked up.
    case resolved(String, [SocketAddress])
    /// A caller in this process no longer waits.
    case cancelled(Ticket)
    /// The replica cannot go on.
    case failed(ReplicationError)
    /// Stop in good order.
    case stop
}
