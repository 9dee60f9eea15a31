#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What was said to be done at a signal.
package enum SignalActions {
    /// Whether whoever started the process wants a signal ignored, as `nohup` and `trap ''` do.
    ///
    /// Such a signal is to be left alone; to be asked before a handler is installed.
    package static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(signal, nil, &action) == 0 else { return false }
        // Sound: both are compared as numbers, and neither is called.
        let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return unsafe handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
