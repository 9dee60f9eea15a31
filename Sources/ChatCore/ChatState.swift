internal import ReplicationCollections

/// The chat as a value: accounts, sessions, conversations, and who has read what.
///
/// Only ``apply(_:at:)`` changes it, and the same operations in the same order give equal states
/// on every node. All that grows with use is in sorted maps and chunked arrays of flat keys and
/// small values, so that a copy is free, a write after a copy copies one node, and pages come in
/// order.
///
/// All messages stand in one array in the order of sending, which is the order of their ids. A
/// conversation is a run of keys in ``timelines``. What an account has read of a conversation is
/// one ``Reading`` and, beyond it, marks.
public struct ChatState: Hashable, Sendable {
    /// By id.
    var accounts = SortedMap<AccountID, Account>()
    /// Who has a name; a name is never given to anyone else.
    var names = SortedMap<AccountName, AccountID>()
    /// By id.
    var sessions = SortedMap<SessionID, Session>()
    /// Which session a token opens.
    var tokens = SortedMap<TokenHash, SessionID>()
    /// Whose the tokens were that ended last, so that the retry of a logout finds its answer.
    var endedTokens = SortedMap<TokenHash, AccountID>()
    /// The keys of ``endedTokens``, oldest first; at most ``Limits/endedTokens``.
    var endings = ChunkedArray<TokenHash>()
    /// The sessions of each account.
    var devices = SortedMap<Device, Present>()
    /// By id.
    var conversations = SortedMap<ConversationID, Conversation>()
    /// The conversation of two accounts.
    var pairs = SortedMap<Pair, ConversationID>()
    /// What each account has read of each of its conversations; all that it takes part in.
    var readings = SortedMap<Membership, Reading>()
    /// The sum of what is unread for each account that has any; follows from ``readings``.
    var unreadTotals = SortedMap<AccountID, Int>()
    /// The conversations that have anything unread, by account; follows from ``readings``.
    var unreadConversations = SortedMap<Membership, Present>()
    /// What was read, hidden or deleted beyond ``Reading/through``.
    var settledBeyond = SortedMap<Mark, Present>()
    /// What an account has deleted for itself.
    var hidden = SortedMap<Mark, Present>()
    /// All messages, ids ascending; tombstones stay in place.
    var messages = ChunkedArray<Message>()
    /// The offset in ``messages`` of each message, by conversation and position.
    var timelines = SortedMap<Place, Int>()

    /// What the last operation emitted.
    public private(set) var events: [Event] = []
    /// The last entry that was applied, and the time of the log.
    public internal(set) var moment = Moment(entry: 0, time: LogTime(milliseconds: 0))

    /// How many messages the operation under way may still walk past; none between two.
    var steps = 0

    /// The chat before the first operation.
    public init() {}

    /// Applies an operation; total, as what cannot be done is an output with a stable code.
    ///
    /// Entries come in ascending order; anything else is a mistake of the caller and traps, as ids
    /// are made from their indices.
    ///
    /// - Complexity: O(log *n*) for each message that is named, and for each that it reads past, of
    ///   which there are at most ``Limits/stepsPerOperation``.
    public mutating func apply(_ operation: Operation, at moment: Moment) -> Output {
        precondition(
            moment.entry > self.moment.entry,
            "entry \(moment.entry) after entry \(self.moment.entry)"
        )
        self.moment = Moment(entry: moment.entry, time: max(moment.time, self.moment.time))
        events.removeAll(keepingCapacity: true)
        steps = Limits.stepsPerOperation
        defer { steps = 0 }
        do throws(ChatError) {
            return try perform(operation)
        } catch {
            return .refused(error)
        }
    }

    /// The events of the last operation, in their order, and forgets them.
    public mutating func takeEvents() -> [Event] {
        defer { events = [] }
        return events
    }

    /// The log's time, by which sessions end.
    public var time: LogTime { moment.time }

    mutating func emit(_ event: Event) { events.append(event) }

    /// Every way out by an error comes before the first change, so a refusal changes nothing.
    private mutating func perform(_ operation: Operation) throws(ChatError) -> Output {
        switch operation {
        case .register(let register): .registered(try perform(register))
        case .login(let login): .loggedIn(try perform(login))
        case .rekey(let rekey): .loggedIn(try perform(rekey))
        case .logout(let logout): .loggedOut(try perform(logout))
        case .send(let send): .sent(try perform(send))
        case .read(let read): .marked(try perform(read))
        case .delete(let delete): .deleted(try perform(delete))
        }
    }
}
