import ChatCore
import Storage

/// Draws operations that mostly make sense, of few accounts so that they meet.
struct RandomChat {
    var generator: SeededGenerator
    var sessions: [SessionID] = []
    var messages: [MessageID] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

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
