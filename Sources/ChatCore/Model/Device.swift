/// A session as one of its account's, so that an account's sessions stand together.
struct Device: Hashable, Comparable, Sendable {
    let account: AccountID
    let session: SessionID

    static func < (left: Device, right: Device) -> Bool {
        (left.account, left.session) < (right.account, right.session)
    }
}
