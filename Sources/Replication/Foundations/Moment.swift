/// Now, by both clocks of a node: one never goes back, the other says what people call the time.
package struct Moment: Hashable, Sendable {
    /// For deadlines.
    package var instant: Instant
    /// For timestamps; may jump.
    package var wall: Timestamp

    /// Creates a moment.
    package init(instant: Instant, wall: Timestamp) {
        self.instant = instant
        self.wall = wall
    }
}
