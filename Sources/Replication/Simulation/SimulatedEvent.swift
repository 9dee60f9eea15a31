import Storage

/// What is planned.
enum SimulatedEvent {
    case timer(host: Int, generation: Int)
    case journal(host: Int, generation: Int)
    case journalIsIdle(host: Int, generation: Int, batch: Int)
    case space(host: Int, generation: Int)
    case snapshot(host: Int, generation: Int)
    case computed(host: Int, generation: Int, Ticket, @Sendable () -> Computed)
    case arrive(SimulatedPacket, generation: Int)
    case stray(SimulatedPacket)
    case dial(host: Int, generation: Int, address: String)
    case linkEnded(host: Int, generation: Int, LinkID)
    case unlinked(host: Int, generation: Int, LinkID)
    case handshakeLate(host: Int, generation: Int, LinkID)
    case restart(host: Int)
    case fault(RecurringFault, number: UInt64)
    case endPartition(UInt64)
    case clog(host: Int, Bool, swizzle: UInt64)
    case endSlowLinks(UInt64)
    case rollOn([Int])
    case resume(host: Int)
    case call(UInt64)
}

/// What is on the wire between two hosts.
struct SimulatedPacket {
    enum Content {
        case hello(LinkID, Hello)
        case answer(LinkID, PeerMessage)
        case message(LinkID, line: [UInt8], entries: [[UInt8]])
    }
    var from: Int
    var to: Int
    var content: Content
}
