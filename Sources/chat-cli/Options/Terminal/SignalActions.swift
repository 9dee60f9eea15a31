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
        // Sound: the union is one pointer long, and is read as a number: SIG_IGN is 1 by the ABI.
        let handler = unsafe withUnsafeBytes(of: &action.__sigaction_handler) {
            unsafe $0.load(as: UInt.self)
        }
        return handler == 1
    }
}
