/// Space set aside on the disk, in a file that is given up when the disk is full.
///
/// So votes, truncations and what is under way can still be written then. Nobody reads its bytes.
struct Reserve {
    private let path: String
    private let fileSystem: any FileSystem
    private let configuration: JournalConfiguration
    private(set) var isMade = false

    init(directory: String, fileSystem: any FileSystem, configuration: JournalConfiguration) {
        path = FilePath.join(directory, "reserve")
        self.fileSystem = fileSystem
        self.configuration = configuration
    }

    /// Makes the file, unless it is there with the right length.
    ///
    /// Its name need not be durable: the next start makes a missing one again.
    ///
    /// - Returns: Why there is none; nil if there is, or if none is wanted.
    /// - Throws: ``FileError`` if a sync failed.
    mutating func make() throws(FileError) -> FileError? {
        guard !isMade, configuration.reserveBytes > 0 else { return nil }
        let file: any File
        do throws(FileError) {
            if try isThere() {
                isMade = true
                return nil
            }
            file = try fileSystem.create(path)
        } catch { return error }
        defer { file.close() }
        do throws(FileError) {
            // Room for one filling beyond it, or the disk would be full again at the next batch.
            try file.allocate(configuration.reserveBytes + configuration.fillBytes)
            try file.truncate(to: configuration.reserveBytes)
        } catch {
            return remove() ?? error
        }
        try file.synchronize()
        isMade = true
        return nil
    }

    /// Removes the file, be it that of an earlier process.
    ///
    /// - Returns: Whether there is more space now.
    mutating func giveUp() -> Bool {
        guard remove() == nil else { return false }
        isMade = false
        return true
    }

    /// Whether the file is there in full; one that is not is removed.
    private func isThere() throws(FileError) -> Bool {
        guard try fileSystem.exists(path) else { return false }
        let file = try fileSystem.open(path)
        defer { file.close() }
        if try file.size() == configuration.reserveBytes { return true }
        try fileSystem.remove(path)
        return false
    }

    private func remove() -> FileError? {
        do throws(FileError) {
            try fileSystem.remove(path)
            return nil
        } catch { return error }
    }
}

extension Journal {
    /// Writes; if there is no space, again without the reserve and without filling ahead.
    ///
    /// - Throws: ``JournalError/full(_:)`` if there is nothing more to give up.
    func sparing(_ write: () throws(JournalError) -> Void) throws(JournalError) {
        while true {
            do throws(JournalError) {
                return try write()
            } catch {
                guard case .full(let reason) = error, spare(reason) else { throw error }
            }
        }
    }

    /// How much is filled ahead: nothing while every byte counts.
    var fillBytes: Int { shortage == nil ? configuration.fillBytes : 0 }

    /// - Returns: Whether that may have helped.
    private func spare(_ reason: FileError) -> Bool {
        let isNew = shortage == nil
        shortage = reason
        return reserve.giveUp() || isNew
    }

    /// Makes the reserve of a journal that was just opened, or finds that of an earlier process.
    ///
    /// - Returns: A note if there is none.
    func makeFirstReserve() throws(JournalError) -> [String] {
        if let shortage { return ["what was set aside for a full disk is used: \(shortage)"] }
        let missing: FileError?
        do throws(FileError) { missing = try reserve.make() } catch { throw fail(error) }
        guard let missing else { return [] }
        if missing.isNoSpace { shortage = missing }
        return ["nothing is set aside for a full disk: \(missing)"]
    }

    /// Ends a shortage if the reserve can be made again.
    ///
    /// To be called now and then while ``shortage`` is not nil; once a second is often enough.
    ///
    /// - Throws: ``JournalError/failed(_:)`` if a sync failed.
    public func endShortage() throws(JournalError) {
        try checkUsable()
        guard shortage != nil else { return }
        do throws(FileError) {
            shortage = try reserve.make()
        } catch { throw fail(error) }
    }
}
