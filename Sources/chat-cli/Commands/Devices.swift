import ChatCore
import ChatOptions
import ChatService
import Storage

extension Command {
    static let deviceList = Command(
        spec: CommandSpec("list", abstract: "List the sessions of your account.")
    ) { call in
        let sessions = try await call.session().client.sessions()
        if call.report.isJSON {
            for session in sessions { try call.report.object(session.lineBytes) }
        } else if call.report.isQuiet {
            for session in sessions { try call.report.line(session.id.description) }
        } else {
            let rows = sessions.map { session in
                [
                    session.id.description, session.device, session.created.text,
                    session.lastSeen.text, session.isCurrent ? "this one" : "",
                ]
            }
            try call.report.table(["SESSION", "DEVICE", "SINCE", "LAST USED", ""], rows)
        }
    }

    static let deviceRevoke = Command(
        spec: CommandSpec(
            "revoke",
            abstract: "End another session of your account.",
            arguments: [
                ArgumentSpec(
                    "session",
                    .optional,
                    completion: .live([
                        LiveNames(["device", "list", "--quiet"], takesPattern: false)
                    ]),
                    help: "Its id, as 'device list' shows it."
                )
            ],
            options: [
                .flag("others", help: "End all but this one."), SharedOption.key,
            ]
        )
    ) { call in
        let which = try call.revoked()
        let (_, client) = try call.session()
        let ended = try await client.logout(which, key: try call.key()).value
        for id in ended {
            try call.report.result("ended \(id)", quiet: id.description) {
                $0.member("session", id)
            }
        }
    }
}

extension Call {
    fileprivate func revoked() throws -> ChatState.Logout.Which {
        switch (parsed.string("session"), parsed.flag("others")) {
        case (nil, true): return .others
        case (let text?, false):
            guard let id = SessionID(text) else {
                throw Failure(
                    .notFound,
                    code: ChatError.Code.deviceUnknown.rawValue,
                    ChatError(.deviceUnknown, about: text).message
                )
            }
            return .one(id)
        case (nil, false), (_?, true):
            throw parsed.usageError("Give either '<session>' or '--others'")
        }
    }
}
