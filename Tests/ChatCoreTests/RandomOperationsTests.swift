import ChatCore
import ChatService
import Storage
import Testing

@Suite struct RandomOperationsTests {
    /// A small generator, seeded, so that a failure can be run again.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    /// Draws operations that mostly make sense, of few accounts so that they meet.
    private struct Draw {
        var generator: Generator
        var sessions: [SessionID] = []
        var messages: [MessageID] = []

        mutating func pick<Item>(_ items: [Item], or other: Item) -> Item {
            items.randomElement(using: &generator) ?? other
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int {
            Int.random(in: range, using: &generator)
        }

        mutating func name() -> String { pick(["al", "Bob", "cy", "dee", "eve"], or: "al") }

        mutating func ids() -> [MessageID] {
            let count = number(1...4)
            return (0..<count).map { _ in pick(messages, or: MessageID(entry: 3)) }
        }

        mutating func operation(in chat: Chat) throws -> ChatState.Operation {
            let session = pick(sessions, or: SessionID(entry: 1))
            switch number(0...99) {
            case 0...4: return .register(.init(name: name(), passwordHash: "h"))
            case 5...14:
                let name = name()
                let version = chat.state.account(named: name)?.passwordVersion ?? 1
                return .login(
                    .init(name: name, passwordVersion: version, token: try chat.token())
                )
            case 15...16:
                return .logout(
                    .init(session: session, which: pick([.this, .all, .others], or: .this))
                )
            case 17...18:
                let name = name()
                let version = chat.state.account(named: name)?.passwordVersion ?? 1
                let login = ChatState.Login(
                    name: name,
                    passwordVersion: version,
                    token: try chat.token()
                )
                return .rekey(.init(login: login, session: session))
            case 19...64: return .send(.init(session: session, to: name(), text: "text"))
            case 65...72: return .read(.init(session: session, which: .these(ids())))
            case 73...78:
                let with = pick([nil, name()], or: nil)
                return .read(.init(session: session, which: .next(number(1...5), with: with)))
            case 79...84:
                return .read(
                    .init(
                        session: session,
                        which: .through(pick(messages, or: MessageID(entry: 3)))
                    )
                )
            default:
                return .delete(
                    .init(session: session, ids: ids(), scope: pick([.me, .all], or: .me))
                )
            }
        }

        mutating func note(_ output: ChatState.Output) {
            switch output {
            case .loggedIn(let session): sessions.append(session.session)
            case .sent(let sent): messages.append(sent.id)
            case .registered, .loggedOut, .marked, .deleted, .refused: break
            }
        }
    }

    /// What a run of operations under a seed gives.
    private struct Run {
        var chat = Chat()
        var outputs: [[UInt8]] = []
        var operations: [ChatState.Operation] = []
        var wrong: [String] = []

        init(seed: UInt64, count: Int) throws {
            var draw = Draw(generator: Generator(state: seed))
            for step in 0..<count {
                chat.time += Int64(draw.number(0...3_600_000))
                let operation = try draw.operation(in: chat)
                let output = chat.apply(operation)
                draw.note(output)
                operations.append(operation)
                outputs.append(output.lineBytes)
                if step % 10 == 0 { wrong += chat.state.violations() }
            }
            wrong += chat.state.violations()
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `no operation breaks an invariant`(seed: UInt64) throws {
        let run = try Run(seed: seed, count: 400)
        #expect(run.wrong == [], "seed \(seed)")
        #expect(run.outputs.contains { String(decoding: $0, as: UTF8.self).hasPrefix("{\"read") })
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `the same operations give equal states and equal bytes`(seed: UInt64) throws {
        let first = try Run(seed: seed, count: 400)
        let second = try Run(seed: seed, count: 400)
        #expect(first.outputs == second.outputs, "seed \(seed)")
        #expect(first.chat.state == second.chat.state, "seed \(seed)")
        #expect(first.chat.events == second.chat.events, "seed \(seed)")
    }

    @Test func `operations, outputs and events come back from their lines`() throws {
        let run = try Run(seed: 11, count: 400)
        for operation in run.operations {
            #expect(try ChatState.Operation(lineBytes: operation.lineBytes) == operation)
        }
        for bytes in run.outputs {
            #expect(try ChatState.Output(lineBytes: bytes).lineBytes == bytes)
        }
        for event in run.chat.events {
            #expect(try ChatState.Event(lineBytes: event.lineBytes) == event)
        }
    }

    @Test func `a copy stays as it was`() throws {
        var chat = try Run(seed: 5, count: 300).chat
        let frozen = chat.state
        let again = try Run(seed: 5, count: 300).chat.state
        let session = try chat.join("frozen")
        try chat.send("later", to: "frozen", by: session)
        #expect(frozen == again)
        #expect(frozen != chat.state)
    }
}
