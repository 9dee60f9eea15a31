/// Some items, and where the next ones begin.
public struct Page<Item: Sendable, Cursor: Sendable>: Sendable {
    /// The items, in the order that was asked for.
    public var items: [Item]
    /// What to ask on from; nil when there is nothing more.
    ///
    /// A page may be short, even empty, and
    /// still have a next one.
    public var next: Cursor?

    /// Creates a page.
    public init(items: [Item], next: Cursor?) {
        self.items = items
        self.next = next
    }
}

extension Page: Equatable where Item: Equatable, Cursor: Equatable {}
