import Options
import Testing

@Suite struct OptionsHelpTests {
    @Test func `the help of a program`() {
        #expect(
            Help(OptionsTable.cli).text == """
                x
                """)
    }

    @Test func `the help of a command`() {
        #expect(
            Help(OptionsTable.cli, path: ["send"], width: 60).text == """
                x
                """)
    }

    @Test func `the help of a program with a default command shows its options`() {
        #expect(
            Help(OptionsTable.node).text == """
                x
                """)
    }

    @Test(arguments: [40, 60, 80, 120])
    func `no line but an example or a usage is wider than the terminal`(width: Int) {
        for path in [[], ["send"], ["history"], ["room", "create"]] {
            let text = Help(OptionsTable.cli, path: path, width: width).text
            for line in text.split(separator: "\n") where !line.contains("$ ") {
                #expect(line.count <= width, "\(line)")
            }
        }
    }
}
