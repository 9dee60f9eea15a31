extension SnapshotStore {
    /// Writes a snapshot, reads it back, and only then removes older ones.
    ///
    /// - Parameters:
    ///   - head: What it is.
    ///   - body: Writes the lines of the state.
    /// - Returns: The length of the file.
    /// - Throws: ``SnapshotError``: the one before is as it was, and still there. There is no new
    ///   one then, unless only the directory's sync failed: that one is whole, and may be gone after
    ///   a power loss.
    @discardableResult
    public func write(
        _ head: SnapshotHead,
        _ body: (inout SnapshotWriter) throws(SnapshotError) -> Void
    ) throws(SnapshotError) -> Int {
        try checkName(head.position)
        let path = path(head.position.index)
        let partial = path + SnapshotName.partial
        let bytes: Int
        do throws(SnapshotError) {
            bytes = try writePartial(partial, head, body)
            // Read before it takes the name: an older one of the same name may be good.
            let read = try verifyTwice(partial, index: head.position.index)
            guard read == head else { throw .invalid("\(partial) reads back as another snapshot") }
            try publish(partial, as: path)
        } catch {
            // A file that is left is removed with the next one that is written.
            do throws(FileError) { try fileSystem.remove(partial) } catch {}
            throw error
        }
        // What can't be removed goes with the next one: this one is there, and that is what counts.
        do throws(SnapshotError) { try removeOthers(keeping: head.position) } catch {}
        return bytes
    }

    private func writePartial(
        _ path: String,
        _ head: SnapshotHead,
        _ body: (inout SnapshotWriter) throws(SnapshotError) -> Void
    ) throws(SnapshotError) -> Int {
        let file: any File
        do throws(FileError) {
            try checkOwnership()
            if try fileSystem.exists(path) { try fileSystem.remove(path) }
            file = try fileSystem.create(path)
        } catch { throw .file(error) }
        defer { file.close() }
        var writer = SnapshotWriter(file, head)
        try body(&writer)
        return try writer.finish()
    }

    /// Gives a file that is whole and durable its name.
    ///
    /// A crash before the rename leaves a partial file, which counts for nothing; one before the
    /// directory's sync leaves either name, and with each the snapshot before.
    func publish(_ partial: String, as path: String) throws(SnapshotError) {
        do throws(FileError) {
            try checkOwnership()
            try fileSystem.rename(partial, to: path)
            try fileSystem.syncDirectory(directory)
        } catch { throw .file(error) }
    }
}
