/// What the command line asks for.
struct LoadOptions {
    /// The words that are no option.
    var words: [String] = []
    /// After how many appends to stop.
    var appends = Int.max
    /// After how long to stop.
    var time: Duration?
    /// Entries in an append.
    var batch = 16
    /// The length of an entry's line with its line feed.
    var lineBytes = 128
    var segmentBytes = 16 << 20
    var fillBytes = 1 << 20
    /// How many appends lie between two votes; 0 for none.
    var votesEvery = 0
    /// How many appends lie between two truncations; 0 for none.
    var cutsEvery = 0
    /// How many appends lie between two snapshots; 0 for none.
    ///
    /// Behind each the log is compacted. Not together with truncations, which must not reach what a snapshot holds.
    var snapshotsEvery = 0
    /// What the content of all lines follows from.
    var seed: UInt64 = 1
    /// Plants the mistake that acknowledges without a sync, in a build that has it.
    var isUnsynced = false

    /// Reads `--name value` and other words; nil for what is not understood.
    init?(_ arguments: some Sequence<String>) {
        var rest = Array(arguments)[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                words.append(word)
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            if word == "--unsynced", value == "true" {
                isUnsynced = true
                continue
            }
            guard let number = Int(value), number >= 0 else { return nil }
            switch word {
            case "--appends": appends = number
            case "--milliseconds": time = .milliseconds(number)
            case "--batch": batch = number
            case "--line": lineBytes = number
            case "--segment": segmentBytes = number
            case "--fill": fillBytes = number
            case "--votes-every": votesEvery = number
            case "--cuts-every": cutsEvery = number
            case "--snapshots-every": snapshotsEvery = number
            case "--seed": seed = UInt64(number)
            default: return nil
            }
        }
    }
}
