#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The variables that the process was started with.
package enum ProcessEnvironment {
    /// All variables that are text; read it once, at the start.
    ///
    /// - Parameter isUsed: Whether the program looks at a variable of this name.
    /// - Returns: The values by their names.
    /// - Throws: ``TextError`` if a variable that is used is not UTF-8; others are left out.
    package static func variables(
        _ isUsed: (String) -> Bool = { _ in false }
    ) throws(TextError) -> [String: String] {
        var variables: [String: String] = [:]
        // Sound: the list is ended by nil, and nothing changes it while it is read.
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            unsafe entry += 1
            let isText = unsafe String(validatingCString: text) != nil
            let line = unsafe String(cString: text)
            guard let equals = line.firstIndex(of: "=") else { continue }
            let (name, value) = (
                String(line[..<equals]), String(line[line.index(after: equals)...])
            )
            if isText {
                variables[name] = value
            } else if isUsed(name) {
                throw TextError(place: "the variable \(name)", shown: value)
            }
        }
        return variables
    }
}
