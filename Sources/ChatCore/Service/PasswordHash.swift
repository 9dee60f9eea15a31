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
    }

    /// The number of bytes of salt that ``make(_:salt:cost:)`` takes.
    package static let saltBytes = 24

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

    /// Takes as long as ``verify(_:against:)`` does, for a name that nobody has.
    package static func pretend(_ password: String, cost: Cost) {
        _ = make(password, salt: repeatElement(0, count: saltBytes), cost: cost)
    }

    /// Taken for each call: crypt(3) answers in a buffer of its own.
    ///
    /// The replica has
    /// one worker thread for hashes; the lock is for embedders who have more.
    private static let turn = Lock(())

    private static func hash(_ password: String, setting: String) -> String? {
        turn.withLock { _ in
            // Sound: both arguments are C strings for the time of the call, and the answer is
            // copied before the lock is given back.
            guard let answer = unsafe crypt(password, setting) else { return nil }
            let text = unsafe String(cString: answer)
            // A failure is null or begins with `*`, as crypt(3) says.
            return text.utf8.first == UInt8(ascii: "*") ? nil : text
        }
    }
}
