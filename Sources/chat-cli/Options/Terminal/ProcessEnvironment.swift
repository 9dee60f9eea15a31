#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The variables that the process was started with.
package enum ProcessEnvironment {
    /// All variables; read it once, at the start.
    package static func variables() -> [String: String] {
        var variables: [String: String] = [:]
        // Sound: the list is ended by nil, and nothing changes it while it is read.
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let line = unsafe String(cString: text)
            if let equals = line.firstIndex(of: "=") {
                variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
            }
            unsafe entry += 1
        }
        return variables
    }
}
