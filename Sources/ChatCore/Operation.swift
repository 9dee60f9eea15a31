extension ChatState {
    /// What is logged and applied; admission has decided all that `apply` must not decide.
    ///
    /// Users are named as the request named them, so that the log reads like what was posted.
    public enum Operation: Hashable, Sendable {
        /// Makes an account.
        case register(Register)
        /// Makes a session.
        case login(Login)
        /// Gives the session of a login that was answered before a new token.
        case rekey(Rekey)
        /// Ends sessions.
        case logout(Logout)
        /// Sends a message.
        case send(Send)
        /// Marks messages as read.
        case read(Read)
        /// Deletes messages.
        case delete(Delete)
    }

    /// Makes an account.
    public struct Register: Hashable, Sendable {
        /// The name.
        public var name: String
        /// A free name to show beside it.
        public var displayName: String?
        /// The hash of the password, as crypt(5) writes it.
        public var passwordHash: String

        /// Creates an operation.
        public init(name: String, displayName: String? = nil, passwordHash: String) {
            self.name = name
            self.displayName = displayName
            self.passwordHash = passwordHash
        }
    }

    /// Makes a session; the password was checked at admission.
    public struct Login: Hashable, Sendable {
        /// The account's name.
        public var name: String
        /// The ``Account/passwordVersion`` that the password was checked against.
        public var passwordVersion: UInt64
        /// The hash of the new token.
        public var token: TokenHash
        /// What the device calls itself.
        public var device: String

        /// Creates an operation.
        public init(name: String, passwordVersion: UInt64, token: TokenHash, device: String = "") {
            self.name = name
            self.passwordVersion = passwordVersion
            self.token = token
            self.device = device
        }
    }

    /// Gives the session of a login that was answered before a new token.
    ///
    /// No stored output holds a token, so a login that is retried cannot be answered with the one
    /// of its first try.
    public struct Rekey: Hashable, Sendable {
        /// The login as it was tried again, its password checked again.
        public var login: Login
        /// The session that the first try made.
        public var session: SessionID

        /// Creates an operation.
        public init(login: Login, session: SessionID) {
            self.login = login
            self.session = session
        }
    }

    /// Ends sessions.
    public struct Logout: Hashable, Sendable {
        /// Who asks.
        public var session: SessionID
        /// Which sessions end.
        public var which: Which

        /// Which sessions of the account a logout ends.
        public enum Which: Hashable, Sendable {
            /// The one that asks.
            case this
            /// All of the account.
            case all
            /// All but the one that asks.
            case others
            /// One of the account.
            case one(SessionID)
        }

        /// Creates an operation.
        public init(session: SessionID, which: Which = .this) {
            self.session = session
            self.which = which
        }
    }

    /// Sends a message.
    public struct Send: Hashable, Sendable {
        /// Who sends.
        public var session: SessionID
        /// The name of the account that it goes to.
        public var recipient: String
        /// What it says.
        public var text: String

        /// Creates an operation.
        public init(session: SessionID, to recipient: String, text: String) {
            self.session = session
            self.recipient = recipient
            self.text = text
        }
    }

    /// Marks messages as read.
    public struct Read: Hashable, Sendable {
        /// Who reads.
        public var session: SessionID
        /// Which messages.
        public var which: Which

        /// Which messages a reading marks.
        public enum Which: Hashable, Sendable {
            /// Exactly these.
            case these([MessageID])
            /// The oldest unread ones, of all conversations or with one user.
            case next(Int, with: String?)
            /// All of its conversation up to this one.
            case through(MessageID)
        }

        /// Creates an operation.
        public init(session: SessionID, which: Which) {
            self.session = session
            self.which = which
        }
    }

    /// Deletes messages.
    public struct Delete: Hashable, Sendable {
        /// Who deletes.
        public var session: SessionID
        /// The messages; each succeeds or fails by itself.
        public var ids: [MessageID]
        /// For whom they are gone.
        public var scope: Scope

        /// For whom a deleted message is gone.
        public enum Scope: String, Hashable, Sendable, CaseIterable {
            /// For the account alone; any message that it can see.
            case me
            /// For all; only its own.
            case all
        }

        /// Creates an operation.
        public init(session: SessionID, ids: [MessageID], scope: Scope) {
            self.session = session
            self.ids = ids
            self.scope = scope
        }
    }
}
