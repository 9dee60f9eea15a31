import ChatCore
import ChatService
import Replication
import Storage
import Testing

/// What a node does with requests, without a cluster: admission, log, exactly-once, answers.
struct Server {
    var state = ChatState()
    var index = LogIndex.zero
    var time = Timestamp(milliseconds: 1_000_000)
    var seed: UInt8 = 0
    var events: [ChatState.Event] = []

    /// 64 bytes that differ each time.
    mutating func entropy() -> Entropy {
        seed += 1
        return Entropy([UInt8](repeating: seed, count: 64))
    }

    mutating func admit(
        _ request: ChatState.Request,
        _ token: String? = nil
    ) throws(Refusal) -> Admitted<ChatState.Operation> {
        try finish(
            state.admit(
                request,
                from: Caller(token: token),
                entropy: entropy(),
                cost: .cheapest
            )
        )
    }

    func finish(
        _ admission: Admission<ChatState.Operation>
    ) throws(Refusal) -> Admitted<ChatState.Operation> {
        switch admission {
        case .propose(let admitted): admitted
        case .compute(let body): try body()
        }
    }

    @discardableResult
    mutating func apply(_ operation: ChatState.Operation, by: String = "") -> ChatState.Output {
        index = index.next
        let context = ApplyContext(index: index, time: time, by: by, key: "key")
        let output = state.apply(operation, at: context)
        events += state.takeEvents()
        return output
    }

    /// Admits, applies, and gives the output.
    @discardableResult
    mutating func post(
        _ request: ChatState.Request,
        _ token: String? = nil
    ) throws -> ChatState.Output {
        let admitted = try admit(request, token)
        return apply(admitted.operation, by: admitted.by)
    }

    /// Registers and logs in; gives the token.
    mutating func join(_ name: String) throws -> String {
        try post(.register(.init(name: name, password: "password of \(name)")))
        return try login(name)
    }

    mutating func login(_ name: String) throws -> String {
        let admitted = try admit(
            .login(.init(name: name, password: "password of \(name)"))
        )
        apply(admitted.operation, by: admitted.by)
        return try Secret(lineBytes: try #require(admitted.secret)).token
    }

    func ask(_ query: ChatState.Query, _ token: String? = nil) throws(Refusal) -> ChatState.Answer {
        try state.answer(query, from: Caller(token: token), now: time)
    }

    /// A rendered event as text: its name and its data.
    func show(_ event: ChatState.Event, to account: AccountID) -> String? {
        state.render(event, for: account.description).map {
            "\($0.name) \(String(decoding: $0.data, as: UTF8.self))"
        }
    }
}

/// The code of the refusal that `body` throws, or nil.
func refusal(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as Refusal {
        return "\(error.kind.rawValue) \(error.code)"
    } catch {
        return "\(error)"
    }
}
