import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import Testing

extension ClusterTests {
    @Suite struct RetryTests {
        /// A request of each kind, whose answer is to be lost.
        struct Call {
            var name: String
            var request: ChatState.Request
            var token: String?
        }

        /// Where the retry meets the request.
        enum Meeting: CaseIterable {
            case sameLeader
            case newLeader
            case inFlight
        }

        @Test(arguments: Meeting.allCases)
        func `a retry gets the answer of the first try, which took effect once`(
            meeting: Meeting
        ) async throws {
            // The first node loses every answer that it has.
            let cluster = try await Cluster(options: {
                // Its followers held up, a leader is to remain one until two requests are there.
                if meeting == .inFlight { return ["--election-timeout", "2s"] }
                return $0 == 0 ? ["--test-drop-answers", "1"] : []
            })
            let client = try cluster.client(cluster.nodes.suffix(2))
            let scene = try await Scene(client)
            var answers: [String: Answered] = [:]
            if meeting == .inFlight {
                answers = try await Self.askTwice(scene.calls, cluster)
            } else {
                for call in scene.calls { try await Self.lose(call, on: cluster.nodes[0]) }
            }
            if meeting == .newLeader {
                let leader = try await cluster.leader()
                try await leader.crash()
                _ = try await cluster.leader()
            }
            for call in scene.calls {
                let first = try await client.ask(call.request, key: call.name, token: call.token)
                let second = try await client.ask(call.request, key: call.name, token: call.token)
                #expect(first.isRepeated && second.isRepeated, "\(call.name)")
                #expect(
                    first.output == second.output && first.index == second.index,
                    "\(call.name)"
                )
                if let before = answers[call.name] {
                    #expect(before.output == first.output && before.index == first.index)
                }
                answers[call.name] = second
            }
            try await scene.check(answers, client)
        }

        @Test func `a key that was used for another request is refused`() async throws {
            let cluster = try await Cluster(1)
            let client = try cluster.client()
            let ann = try await client.enter("ann")
            _ = try await client.ask(.send(to: "ann", text: "one"), key: "k", token: ann)
            await #expect {
                try await client.ask(.send(to: "ann", text: "two"), key: "k", token: ann)
            } throws: { error in
                guard case ClusterClientError.refused(409, "key_reused", _) = error else {
                    return false
                }
                return true
            }
        }

        /// Sends a request to a node that does it and loses the answer.
        private static func lose(_ call: Call, on node: TestNode) async throws {
            let wire = try Wire(to: node.client)
            let body = call.request.lineBytes
            try await wire.post("/v1/requests", body, token: call.token, key: call.name)
            let answer = try await wire.answer()
            #expect(answer == nil, "\(call.name): \(answer?.text ?? "")")
        }

        /// Sends each request twice to a leader that can commit nothing until both are there.
        private static func askTwice(
            _ calls: [Call],
            _ cluster: Cluster
        ) async throws -> [String: Answered] {
            var answers: [String: Answered] = [:]
            for call in calls {
                let leader = try await cluster.leader()
                let followers = cluster.others(than: leader)
                for follower in followers { follower.process?.signal(SIGSTOP) }
                defer { for follower in followers { follower.process?.signal(SIGCONT) } }
                let wires = try [Wire(to: leader.client), Wire(to: leader.client)]
                for wire in wires {
                    let body = call.request.lineBytes
                    try await wire.post("/v1/requests", body, token: call.token, key: call.name)
                }
                // What was sent after them is answered after they were taken.
                let health = try await Wire.get("/livez", from: leader.client)
                #expect(health?.status == 200)
                for follower in followers { follower.process?.signal(SIGCONT) }
                for wire in wires {
                    let answer = try #require(try await wire.answer())
                    #expect(answer.status == 200, "\(call.name): \(answer.text)")
                    let answered = try Answered(lineBytes: answer.body)
                    if let before = answers[call.name] {
                        #expect(before.output == answered.output, "\(call.name)")
                        #expect(before.index == answered.index, "\(call.name)")
                    }
                    answers[call.name] = answered
                }
            }
            return answers
        }
    }
}

/// Two people, some messages, and one request of each kind between them.
private struct Scene {
    let ann: String
    let bob: String
    let calls: [ClusterTests.RetryTests.Call]

    init(_ client: ClusterClient) async throws {
        ann = try await client.enter("ann")
        bob = try await client.enter("bob")
        let leaving = try await client.logIn("bob")
        var ids: [MessageID] = []
        for number in 0..<5 {
            let sent = try await client.ask(.send(to: "ann", text: "\(number)"), token: bob)
            guard case .sent(let message) = sent.output else { throw Unexpected("\(sent)") }
            ids.append(message.id)
        }
        calls = [
            .init(
                name: "register",
                request: .register(.init(name: "carol", password: ClusterClient.password))
            ),
            .init(
                name: "login",
                request: .login(
                    .init(name: "ann", password: ClusterClient.password, device: "second")
                )
            ),
            .init(name: "logout", request: .logout(.this), token: leaving),
            .init(name: "send", request: .send(to: "bob", text: "once"), token: ann),
            .init(name: "read", request: .read(.next(2, with: "bob")), token: ann),
            .init(name: "delete", request: .delete([ids[4]], for: .all), token: bob),
        ]
    }

    /// Checks that each took effect, once.
    func check(_ answers: [String: Answered], _ client: ClusterClient) async throws {
        guard case .registered(let carol)? = answers["register"]?.output,
            case .loggedIn(let login)? = answers["login"]?.output,
            case .loggedOut(let ended)? = answers["logout"]?.output,
            case .marked(let marked)? = answers["read"]?.output,
            case .deleted(let deleted)? = answers["delete"]?.output
        else { throw Unexpected("\(answers)") }
        #expect(carol.name == "carol")
        _ = try await client.logIn("carol")
        let token = try #require(answers["login"]?.token)
        guard
            case .whoami(let me, let session, let unread) = try await client.look(
                .whoami,
                token: token
            ).answer
        else { throw Unexpected("whoami") }
        #expect(me.name == "ann" && session == login.session)
        #expect(try await Self.sessions(client, ann) == 2)
        #expect(try await Self.sessions(client, bob) == 1)
        #expect(ended.count == 1)
        #expect(marked.count == 2 && unread == 2, "of five, two are read and one is deleted")
        #expect(deleted.map(\.error) == [nil])
        let history = try await client.history(with: "bob", token: ann)
        #expect(history.map(\.text) == ["0", "1", "2", "3", nil, "once"])
    }

    private static func sessions(_ client: ClusterClient, _ token: String) async throws -> Int {
        guard case .sessions(let all) = try await client.look(.sessions, token: token).answer
        else { throw Unexpected("sessions") }
        return all.count
    }
}
