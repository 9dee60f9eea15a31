import Storage

/// The connections that other nodes dialled.
extension PeerLinks {
    /// Says whether a connection is taken; a refused one ends with that.
    func answer(_ link: LinkID, _ message: PeerMessage, thenEnd: Bool, at now: Instant) {
        guard let peer = incoming[PollKey(link.value)] else { return }
        markDirty(peer.connection)
        peer.connection.output.append(contentsOf: message.line)
        guard thenEnd else { return }
        peer.deadline = now + limits.handshake
        peer.connection.finish()
    }

    func take(_ socket: consuming Socket, at now: Instant) {
        // Beyond the limit the socket is closed as it goes out of scope.
        guard incoming.count < limits.incoming else { return }
        let connection = Connection(
            socket,
            key: nextKey(),
            on: loop,
            at: now,
            highWaterBytes: .max
        )
        connection.giveUp(after: limits.silence)
        incoming[connection.key] = IncomingLink(connection, deadline: now + limits.handshake)
    }

    func handle(_ peer: IncomingLink, _ ready: Readiness, at now: Instant) {
        if ready.interest.contains(.write), case .failed = peer.connection.flush() {
            return end(peer)
        }
        guard ready.interest.contains(.read) else { return }
        switch peer.connection.receive(into: &scratch, at: now, { peer.reader.receive($0) }) {
        case .open: read(peer)
        case .ended, .failed: end(peer)
        }
    }

    private func read(_ peer: IncomingLink) {
        do throws(LineError) {
            while let item = try peer.reader.next() {
                if peer.didHello {
                    inputs.append(.message(peer.link, item.message, lines: item.lines))
                } else if case .hello(let hello) = item.message {
                    peer.didHello = true
                    peer.reader.takesAll = true
                    peer.deadline = nil
                    inputs.append(.hello(peer.link, hello))
                } else {
                    throw LineError(.expected("a hello first"))
                }
            }
        } catch {
            messages.append((.warning, "a node sent what is no message: \(error)"))
            end(peer)
        }
    }

    func end(_ peer: IncomingLink) {
        incoming[peer.connection.key] = nil
        peer.connection.close()
        if peer.didHello { inputs.append(.linkEnded(peer.link)) }
    }
}
