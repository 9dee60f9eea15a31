/// What a replica needs of the network; closed again if it is not used.
struct OpenedSockets: ~Copyable {
    let loop: EventLoop
    let clients: Listener
    let peers: Listener
}
