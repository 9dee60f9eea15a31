import ChatCore
import ChatOptions
import ChatService
import Replication
import Storage

extension Command {
    static let register = Command(
        spec: CommandSpec(
            "register",
            abstract: "Make an account, and log in.",
            arguments: [ArgumentSpec("name", help: "The name: letters, digits, '.', '_', '-'.")],
            options: SharedOption.password + [
                SharedOption.device,
                .value("display", placeholder: "text", help: "A free name to show beside it."),
                SharedOption.key,
            ],
            examples: [
                .init("chat-cli --profile bob register bob", "be a second person on this machine"),
                .init("chat-cli register bot --password-file /run/secrets/bot", "in a script"),
            ]
        )
    ) { call in
        let name = try call.parsed.string(required: "name")
        let key = try call.key()
        let display = try call.label("display")
        _ = try call.label("device")
        try call.profiles.prepare()
        let before = try call.profiles.load(call.profileName)
        let password = try call.password(of: name, isNew: true)
        let client = try await call.accountClient(before, for: name, isBound: false)
        let receipt = try await client.register(
            name,
            password: password,
            displayName: display,
            key: key
        )
        do {
            _ = try await call.logIn(client, receipt.value.name, password)
        } catch {
            call.report.note("note: '\(name)' is registered, but not logged in: use 'login'")
            throw error
        }
        let isRepeated = key != nil && receipt.isRepeated
        let text =
            "\(isRepeated ? "already registered" : "registered") \(receipt.value.name)"
            + " and logged in"
        try call.report.result(text.escapedForTerminal(), quiet: receipt.value.name) {
            $0.member("account", receipt.value.account)
            $0.member("name", receipt.value.name)
            $0.member("profile", call.profileName)
            if isRepeated { $0.member("repeated", true) }
        }
    }

    static let login = Command(
        spec: CommandSpec(
            "login",
            abstract: "Log in; the session is kept in the profile.",
            arguments: [
                ArgumentSpec(
                    "name",
                    .optional,
                    help: "The account; by default that of the profile."
                )
            ],
            options: SharedOption.password + [SharedOption.device, SharedOption.key],
            examples: [
                .init("pass chat | chat-cli login ann --password-stdin", "with a password manager")
            ]
        )
    ) { call in
        let key = try call.key()
        _ = try call.label("device")
        try call.profiles.prepare()
        let before = try call.profiles.load(call.profileName)
        guard let name = call.parsed.string("name") ?? before?.name else {
            throw call.parsed.usageError("Missing expected argument '<name>'")
        }
        let password = try call.password(of: name, isNew: false)
        // The password of one cluster is not for another.
        let client = try await call.accountClient(before, for: name, isBound: true)
        let profile = try await call.logIn(client, name, password, key: key)
        try call.report.result(
            "logged in as \(profile.name)".escapedForTerminal(),
            quiet: profile.name
        ) {
            $0.member("name", profile.name)
            $0.member("profile", call.profileName)
        }
    }

    static let logout = Command(
        spec: CommandSpec(
            "logout",
            abstract: "End the session of this profile.",
            options: [
                .flag("all", help: "End all sessions of the account, on all devices."),
                SharedOption.key,
            ]
        )
    ) { call in
        let (_, client) = try call.session()
        let which: ChatState.Logout.Which = call.parsed.flag("all") ? .all : .this
        let receipt: Receipt<[SessionID]>
        do {
            receipt = try await client.logout(which, key: try call.key())
        } catch {
            // The session had ended before: nothing is left to keep.
            if Failure(error).code == ChatError.Code.sessionUnknown.rawValue {
                try call.profiles.remove(call.profileName)
            }
            throw error
        }
        try call.profiles.remove(call.profileName)
        let count = receipt.value.count
        try call.report.result(
            which == .all ? "logged out of \(count) sessions" : "logged out",
            quiet: nil
        ) {
            $0.member("sessions", receipt.value)
        }
    }

    static let whoami = Command(
        spec: CommandSpec("whoami", abstract: "Show who is logged in in this profile.")
    ) { call in
        let identity = try await call.session().client.whoami()
        let user = identity.user
        try call.report.result(
            """
            \(call.report.bold(user.name.escapedForTerminal())) (account \(user.id), session \
            \(identity.session), \(identity.unread) unread)
            """,
            quiet: user.name
        ) {
            $0.member("account", user.id)
            $0.member("name", user.name)
            $0.member("display", user.displayName)
            $0.member("session", identity.session)
            $0.member("unread", identity.unread)
        }
    }
}

extension Call {
    /// Logs in and keeps the session.
    func logIn(
        _ client: ChatClient,
        _ name: String,
        _ password: String,
        key: String? = nil
    ) async throws -> Profile {
        let device = try parsed.string(required: "device")
        let login = try await client.login(name, password: password, device: device, key: key).value
        let profile = Profile(
            cluster: await client.connection.cluster ?? "",
            name: login.session.name,
            token: login.token,
            servers: await client.connection.serversToKeep
        )
        try profiles.save(profile, as: profileName)
        return profile
    }
}
