/// The three descriptors that every program counts on.
package enum StandardStreams {
    /// Opens `/dev/null` in the place of each of descriptors 0 to 2 that the process was started without.
    ///
    /// To be called first of all: the next file, pipe or socket would get the number, and what is
    /// meant for people would be written into it. `/dev/null` is opened for reading alone, so that
    /// input is at its end, and a result that nobody can get is an error and not a success.
    package static func openMissing() {
        // The lowest free number is what `open` gives, so the order closes every gap.
        for descriptor in 0...2 as ClosedRange<Int32> where !SystemCalls.isOpen(descriptor) {
            guard SystemCalls.openNull() == descriptor else { return }
        }
    }
}
