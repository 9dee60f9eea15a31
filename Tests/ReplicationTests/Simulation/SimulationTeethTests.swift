import Replication
import Storage
import TestSupport
import Testing

/// What no seed may show: the simulation says so if it happens.
@Suite struct SimulationTeethTests {
    private func violation(_ body: () throws -> Void) -> Violation? {
        do { try body() } catch { return error as? Violation }
        return nil
    }

    @Test @Aside func `a log whose time runs ahead of all good clocks is found`() throws {
        let cluster = try ScriptedCluster()
        for host in cluster.followers {
            cluster.simulation.setClock(of: host, ahead: .seconds(86_400))
        }
        try cluster.wait(.seconds(1))
        let found = violation { _ = try cluster.appended("a", at: cluster.leader) }
        #expect(found?.promise == .time)
    }

    @Test @Aside func `a journal that fails though its disk does not is found`() throws {
        let cluster = try ScriptedCluster()
        let disk = cluster.simulation.disk(of: cluster.followers[0])
        disk.onCall { (call) throws(FileError) in
            guard call.kind == .synchronize else { return }
            throw FileError(.inputOutput, call: "fsync", path: call.path)
        }
        let found = violation { _ = try cluster.appended("a", at: cluster.leader) }
        #expect(found?.promise == .staysUp)
    }

    @Test @Aside func `a host that waits to be admitted is told at the end`() throws {
        let cluster = try ScriptedCluster()
        #expect(cluster.simulation.unsettled == [])
        try cluster.simulation.addHost()
        #expect(cluster.simulation.unsettled == ["n4 is no member"])
        try cluster.reach("a new member") { $0.unsettled.isEmpty }
    }

    @Test @Aside func `calls are kept back for those that were healed`() throws {
        var configuration = SimulationConfiguration(seed: 5)
        configuration.clients = 4
        configuration.calls = 10
        configuration.faultyFor = .seconds(2)
        let run = try SimulationRun(configuration, RegisterCalls())
        #expect(run.callsUnderFaults == 32 && run.answeredUnderFaults <= 32)
        #expect(run.answered == 40)
    }
}
