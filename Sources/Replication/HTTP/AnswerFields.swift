import Storage

/// The fields of every answer, made anew when the second or the cluster changes.
struct AnswerFields {
    /// Each as `Name: value\r\n`.
    private(set) var bytes: [UInt8] = []
    private var cluster: String?
    private var second: Int64?

    /// Brings the fields up to the time, and to the cluster's id.
    mutating func update(cluster: String?, at wall: Timestamp) {
        let now = wall.milliseconds / 1_000
        guard now != second || cluster != self.cluster else { return }
        (second, self.cluster) = (now, cluster)
        bytes = ProtocolFields.fields(cluster: cluster)
        bytes.appendField("Date", CivilTime(wall).http)
    }
}
