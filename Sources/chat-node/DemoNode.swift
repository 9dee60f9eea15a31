import Storage

/// One node of a demo: a process that is started again when it dies.
final class DemoNode: Sendable {
    let place: DemoPlan.Place
    private let arguments: [String]
    private let log: String
    private let state: Lock<State>

    private struct State: Sendable {
        var pid: Int32
        var isStopping = false
    }

    private let child: Lock<ChildProcess?>
    let isReady: Bool

    init(
        _ place: DemoPlan.Place,
        _ plan: DemoPlan,
        _ directory: String
    ) throws(ChildProcess.SpawnError) {
        self.place = place
        log = "\(directory)/\(place.id).log"
        arguments = [
            "run", "--id", place.id, "--data-dir", "\(directory)/\(place.id)", "--listen",
            place.client, "--peer-listen", place.peer, "--join",
            plan.nodes.map(\.peer).joined(separator: ","), "--bootstrap-expect",
            String(plan.nodes.count), "--until-input-ends",
        ]
        let first = try ChildProcess(ChildProcess.ownPath, arguments, errorsTo: log)
        isReady = first.readLine() != nil
        state = Lock(State(pid: first.pid))
        child = Lock(first)
    }

    /// The number of its process.
    var pid: Int32 { state.withLock { $0.pid } }

    /// Starts it again whenever it dies.
    func keepRunning() {
        _ = spawnThread { [self] in
            while let running = child.withLock({ $0 }) {
                let how = running.wait()
                if state.withLock({ $0.isStopping }) { return }
                ChatNode.complain("\(place.id) \(how); starting it again")
                restart()
            }
        }
    }

    private func restart() {
        do throws(ChildProcess.SpawnError) {
            let next = try ChildProcess(ChildProcess.ownPath, arguments, errorsTo: log)
            guard next.readLine() != nil else {
                ChatNode.complain("\(place.id) does not start; see \(log)")
                child.withLock { $0 = nil }
                return
            }
            state.withLock { $0.pid = next.pid }
            child.withLock { $0 = next }
        } catch {
            ChatNode.complain("\(place.id): \(error)")
            child.withLock { $0 = nil }
        }
    }

    /// Asks it to end, and waits until it has.
    func stop() {
        state.withLock { $0.isStopping = true }
        guard let running = child.withLock({ $0 }) else { return }
        running.terminate()
        _ = running.wait()
    }
}
