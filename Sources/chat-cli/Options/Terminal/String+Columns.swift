extension String {
    /// How many columns of a terminal the text takes, as far as Unicode tells.
    ///
    /// Wide are emoji and the letters of East Asia; marks that join the letter before take no column.
    /// Old terminals show a joined emoji as its parts.
    ///
    /// - Complexity: O(*n*).
    package var columns: Int { reduce(0) { $0 + $1.columns } }
}

extension Character {
    fileprivate var columns: Int {
        let scalars = unicodeScalars
        guard let first = scalars.first else { return 0 }
        let isShownAsEmoji =
            first.properties.isEmojiPresentation
            || first.properties.isEmoji && scalars.contains { $0.value == 0xFE0F }
        if isShownAsEmoji || first.isWide { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return 1
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is in a block of East Asia whose letters take two columns (UAX 11, W and F).
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F200...0x1F2FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
