/// The rule for what people call themselves and their devices.
public enum Label {
    /// Checks a display name or a device name, which need no state.
    ///
    /// - Throws: ``ChatError`` with `label_invalid` for one that is too long or has control
    ///   characters.
    public static func check(_ text: String) throws(ChatError) {
        let isClean = text.unicodeScalars.allSatisfy { scalar in
            // C0, DEL and C1: ranges that no version of Unicode will change.
            scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
        }
        guard isClean, text.utf8.count <= Limits.labelBytes else {
            throw ChatError(.labelInvalid, about: "the label")
        }
    }
}
