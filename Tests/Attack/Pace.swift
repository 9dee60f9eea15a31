import Glibc
import Replication
import Storage

/// Lets time pass.
///
/// The program is a load: how fast its messages follow each other, and for how long a connection
/// stays open, is part of each attack, and a condition that could be waited for does not exist.
/// What does wait for a condition asks again until a deadline.
func pass(_ time: Duration) {
    pass(until: SystemClock.now() + time)
}

/// Lets time pass until a moment.
func pass(until end: Instant) {
    // The system may end the wait early, at a signal.
    while true {
        let left = end - SystemClock.now()
        guard left > .zero else { return }
        let (seconds, rest) = left.components
        var request = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest / 1_000_000_000))
        unsafe nanosleep(&request, nil)
    }
}
