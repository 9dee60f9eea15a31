extension NodeInput {
    /// What the node is told of a connection.
    init(_ event: LinkEvent) {
        switch event {
        case .hello(let link, let hello): self = .hello(link, hello)
        case .linked(let address, let hello): self = .linked(address: address, hello)
        case .unlinked(let address): self = .unlinked(address: address)
        case .linkEnded(let link): self = .linkEnded(link)
        case .message(let link, let message, let lines):
            self = .message(link, message, lines: lines)
        }
    }
}
