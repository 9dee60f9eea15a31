import ChatCore
import TestSupport
import Testing

@Suite struct EntryIdentifierTests {
    @Test(arguments: [(1, "ma1"), (42, "mb42"), (1_000_000, "mg1000000")] as [(UInt64, String)])
    @Aside func `an id names the entry that made it`(entry: UInt64, text: String) {
        #expect(MessageID(entry: entry).description == text)
        #expect(MessageID(text) == MessageID(entry: entry))
    }

    @Test @Aside func `the greatest id has a text too`() {
        let id = MessageID(entry: .max)
        #expect(MessageID(id.description) == id)
    }

    @Test @Aside func `texts sort as ids do`() {
        let ids = [1, 9, 10, 99, 100, 12_345, 99_999, 1_000_000].map { SessionID(entry: $0) }
        let texts = ids.map(\.description)
        #expect(texts == texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test(
        arguments: [
            "", "m", "ma", "ma0", "mb042", "mb4", "ma42", "sb42", "Mb42", "mb4x", "mb-1", "m42",
            "mt18446744073709551616", "mb42 ", "mc４2",
        ])
    @Aside func `any other text is no id`(text: String) {
        #expect(MessageID(text) == nil)
    }
}
