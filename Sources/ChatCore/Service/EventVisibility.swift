public import ChatCore
public import Replication
import Storage

extension ChatState {
    /// The account whose events the caller may see.
    ///
    /// - Throws: ``Refusal`` with `session_unknown`, also when the session has ended meanwhile.
    public func audience(of caller: Caller) throws(Refusal) -> String {
        try session(of: caller).account.description
    }

    /// The accounts that an event is for.
    public func recipients(of event: Event) -> [String] {
        event.accounts.map(\.description)
    }

    /// What an account sees of an event now; texts come from the state as it is.
    ///
    /// A message that was deleted for all meanwhile is shown as that; one that the account has
    /// deleted for itself is not shown.
    public func render(_ event: Event, for audience: String) -> RenderedEvent? {
        guard let account = AccountID(audience), event.accounts.contains(account) else {
            return nil
        }
        switch event {
        case .message(let id, _):
            return view(of: id, for: account).map {
                RenderedEvent(name: "message", data: $0.lineBytes)
            }
        case .read(let ids, _):
            return rendered("read") { $0.member("ids", ids) }
        case .readThrough(let id, _):
            return rendered("read") { $0.member("through", id) }
        case .deleted(let id, let scope, _):
            return rendered("deleted") { writer in
                writer.member("id", id)
                writer.member("for", scope)
                writer.member("message", scope == .all ? view(of: id, for: account) : nil)
            }
        case .sessionEnded(let id, _):
            return rendered("session-ended") { $0.member("session", id) }
        }
    }

    private func rendered(
        _ name: String,
        _ members: (inout JSONWriter) -> Void
    ) -> RenderedEvent {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        return RenderedEvent(name: name, data: writer.bytes)
    }
}
