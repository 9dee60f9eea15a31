/// Whether a journal has space to write.
public enum JournalSpace: Hashable, Sendable {
    /// There is none: what can be waits for some, and little new should be asked for.
    ///
    /// What was asked for may still be done, out of the reserve or because there was space again.
    case full(FileError)
    /// There is space again, and a reserve.
    case free
}
