package import Storage

/// What only the caller of a login may see, beside its output: `{"token":"…"}`.
package struct Secret: Hashable, Sendable, LineCodable {
    /// The bearer token of the session, 64 lower-case hex digits.
    package var token: String

    /// Creates a secret.
    package init(token: String) { self.token = token }

    /// Reads `{"token":"…"}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        token = try reader.oneMember("token")
    }

    /// Writes `{"token":"…"}`.
    package func write(to writer: inout JSONWriter) { writer.oneMember("token", token) }
}
