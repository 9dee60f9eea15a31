/// An address to keep a connection to.
package struct Dial: Hashable, Sendable {
    /// `host:port`.
    package var address: String
    /// What to say there.
    package var hello: Hello
}
