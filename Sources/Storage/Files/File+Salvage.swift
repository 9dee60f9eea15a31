extension File {
    /// Reads the first `count` bytes as far as the disk gives them back.
    ///
    /// In the place of each page that it does not (`EIO`) stand bytes that are in no line: what is
    /// read there is damaged, and neither blank nor torn.
    ///
    /// - Returns: The bytes, and why the first page could not be read, if one could not.
    func salvage(_ count: Int) throws(FileError) -> (bytes: [UInt8], fault: FileError?) {
        do throws(FileError) { return (try read(at: 0, count: count), nil) } catch {
            guard error.isInputOutput else { throw error }
        }
        let pageBytes = 4_096
        var bytes: [UInt8] = []
        var fault: FileError?
        while bytes.count < count {
            let wanted = min(pageBytes, count - bytes.count)
            do throws(FileError) {
                let page = try read(at: bytes.count, count: wanted)
                guard !page.isEmpty else { break }
                bytes += page
            } catch {
                guard error.isInputOutput else { throw error }
                bytes += [UInt8](repeating: 0xFF, count: wanted)
                fault = fault ?? error
            }
        }
        return (bytes, fault)
    }
}
