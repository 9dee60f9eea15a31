import Storage

/// Prints how fast checksums are made, of one line of a journal and of a file.
enum LoadChecksums {
    static func run() {
        for count in [110, 1 << 20] {
            var generator = SeededGenerator(seed: 1)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let repeats = (1 << 30) / count
            var sum: UInt32 = 0
            let spent = ContinuousClock().measure {
                for _ in 0..<repeats { sum = sum &+ CRC32C.checksum(bytes) }
            }
            let rate = Double(repeats * count) / spent.seconds / 1e9
            Output.print("checksum of \(count) bytes: \(rate) GB/s (\(sum))")
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
