import Testing

/// Tests with real processes, sockets, files and signals, one after the other: each takes what this
/// machine has.
@Suite(.serialized, .timeLimit(.minutes(size("MINUTES", otherwise: 10))))
struct ClusterTests {}
