import Replication
import Storage
import TestSupport
import Testing

/// When a node says that it is ready.
@Suite struct SimulationReadinessTests {
    @Test(arguments: [false, true])
    @Aside func `a node is not ready before it has what was committed when it came`(
        bySnapshot: Bool
    ) throws {
        let script = try MembersScript(isSnapshotting: bySnapshot)
        try script.write(40)
        let committed = try #require(script.simulation.status(of: script.leader)).committed
        let host = try script.simulation.addHost()
        var wasBehind = false
        try script.cluster.reach("a new node that is ready") { simulation in
            guard let status = simulation.status(of: host), status.leader != nil else {
                return false
            }
            if status.isCatchingUp {
                wasBehind = true
                return false
            }
            #expect(status.applied >= committed)
            return true
        }
        #expect(wasBehind)
        for founder in 0..<3 {
            #expect(script.simulation.status(of: founder)?.isCatchingUp == false)
        }
    }
}
