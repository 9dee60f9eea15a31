/// Names a connection from another node; given by the shell, never reused.
package struct LinkID: Hashable, Sendable {
    /// The number.
    package var value: UInt64
    /// Creates an id.
    package init(_ value: UInt64) { self.value = value }
}
