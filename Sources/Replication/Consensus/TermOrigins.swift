package import Storage

/// How the newest terms of a log began, by rising term and without a gap.
package struct TermOrigins: Hashable, Sendable {
    /// How many terms are remembered.
    package static let kept = 32

    /// The origins, by rising term.
    package private(set) var all: [TermOrigin] = []

    /// Creates the origins of a log that is empty, or of which they are unknown.
    package init(_ all: [TermOrigin] = []) { self.all = all.suffix(Self.kept) }

    /// How a term began, if it is remembered.
    package subscript(_ term: Term) -> TermOrigin? { all.last { $0.position.term == term } }

    /// The term of an entry that is not behind the end of the log, if it is remembered.
    package func term(at index: LogIndex) -> Term? {
        all.last { $0.position.index <= index }?.position.term
    }

    /// Takes in the first entry of a later term.
    package mutating func note(_ origin: TermOrigin) {
        guard all.last.map({ $0.position.term < origin.position.term }) ?? true else { return }
        all.append(origin)
        if all.count > Self.kept { all.removeFirst() }
    }

    /// Forgets the terms that began behind an entry.
    package mutating func truncate(after index: LogIndex) {
        all.removeAll { $0.position.index > index }
    }

    /// Those that began at an entry or before.
    package func through(_ index: LogIndex) -> TermOrigins {
        TermOrigins(all.filter { $0.position.index <= index })
    }

    /// The first of these terms that began otherwise in another log, up to an entry of both.
    ///
    /// A term that the other log lacks, between two that it has, is one too.
    package func difference(from other: TermOrigins, through index: LogIndex) -> (
        own: TermOrigin, other: TermOrigin?
    )? {
        guard let oldest = other.all.first else { return nil }
        for own in all
        where own.position.index <= index && own.position.term >= oldest.position.term {
            let found = other[own.position.term]
            if found != own { return (own, found) }
        }
        return nil
    }
}
