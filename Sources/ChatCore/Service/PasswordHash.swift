import Storage

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Salted slow hashes of passwords: yescrypt, as crypt(5) writes it, `$y$jCT$<salt>$<hash>`.
///
/// Slow by design, so it must run on a worker thread and never where others wait: 129 MiB and
/// about 0.14 s at the standard cost.
package enum PasswordHash {
    /// How much work a hash is; a hash names its own cost, so old ones stay good.
    package enum Cost: Sendable {
        /// Cost 8 of yescrypt, for real passwords.
        case standard
        /// Cost 1, for tests and simulations, which would spend all their time here otherwise.
        case cheapest

        /// What the setting of crypt(5) begins with.
        fileprivate var prefix: String {
            switch self {
            case .standard: "$y$jCT$"
            case .cheapest: "$y$j75$"
            }
        }

        /// What the hash takes in memory.
        package var bytes: Int {
            switch self {
            case .standard: 129 << 20
            case .cheapest: 2 << 20
            }
        }
    }

    /// The number of bytes of salt that ``make(_:salt:cost:)`` takes.
    package static let saltBytes = 24

    /// What is left to the rest of the process while a password is hashed.
    package static let reserveBytes = 16 << 20

    /// Whether a hash of this setting, or of this hash's, has room in the memory that may be taken.
    ///
    /// Where it has not, the system would end the whole process. A setting that is not known here
    /// counts as the costliest.
    package static func hasRoom(for setting: String, in room: MemoryRoom = MemoryRoom()) -> Bool {
        let isCheap = setting.hasPrefix(Cost.cheapest.prefix)
        let needed = (isCheap ? Cost.cheapest : .standard).bytes + reserveBytes
        return room.bytes.map { $0 >= needed } ?? true
    }

    /// Hashes a new password; nil if the system can't, for want of memory say.
    ///
    /// Of each byte of salt six bits count, 144 in all.
    package static func make(_ password: String, salt: some Sequence<UInt8>, cost: Cost) -> String?
    {
        let digits = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let text = String(decoding: salt.map { digits[Int($0 & 63)] }, as: UTF8.self)
        return hash(password, setting: cost.prefix + text)
    }

    /// Whether a password is the one that was hashed; nil if the system can't tell.
    package static func verify(_ password: String, against stored: String) -> Bool? {
        guard let again = hash(password, setting: stored) else { return nil }
        // Without an early end, so that the time says nothing about where they differ.
        var difference: UInt8 = again.utf8.count == stored.utf8.count ? 0 : 1
        for (left, right) in zip(again.utf8, stored.utf8) { difference |= left ^ right }
        return difference == 0
    }

    /// What a password is checked against for a name that nobody has: it takes the same time, and
    /// no password is known that fits.
    package static func decoy(_ cost: Cost) -> String {
        let dots = { String(repeating: ".", count: $0) }
        return cost.prefix + dots(saltBytes) + "$" + dots(43)
    }

    /// Taken for each call: crypt(3) answers in a buffer of its own.
    ///
    /// The replica has
    /// one worker thread for hashes; the lock is for embedders who have more.
    private static let turn = Lock(())

    private static func hash(_ password: String, setting: String) -> String? {
        turn.withLock { _ in
            guard hasRoom(for: setting) else { return nil }
            // Sound: both arguments are C strings for the time of the call, and the answer is
            // copied before the lock is given back.
            guard let answer = unsafe crypt(password, setting) else { return nil }
            let text = unsafe String(cString: answer)
            // A failure is null or begins with `*`, as crypt(3) says.
            return text.utf8.first == UInt8(ascii: "*") ? nil : text
        }
    }
}
