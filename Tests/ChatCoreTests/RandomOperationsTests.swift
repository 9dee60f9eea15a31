import ChatCore
import ChatService
import Storage
import TestSupport
import Testing

@Suite struct RandomOperationsTests {
    /// What a run of operations under a seed gives.
    private struct Run {
        var chat = Chat()
        var outputs: [[UInt8]] = []
        var operations: [ChatState.Operation] = []
        var wrong: [String] = []

        init(seed: UInt64, count: Int) throws {
            var draw = RandomChat(seed: seed)
            for step in 0..<count {
                chat.time += Int64(draw.number(0...3_600_000))
                let operation = try draw.operation(in: chat)
                let output = chat.apply(operation)
                draw.note(output)
                operations.append(operation)
                outputs.append(output.lineBytes)
                if step % 10 == 0 { wrong += chat.state.violations() }
            }
            wrong += chat.state.violations()
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    @Aside func `pitfall 43: no operation breaks an invariant`(seed: UInt64) throws {
        let run = try Run(seed: seed, count: 400)
        #expect(run.wrong == [], "seed \(seed)")
        #expect(run.outputs.contains { String(decoding: $0, as: UTF8.self).hasPrefix("{\"read") })
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `pitfall 42: the same operations give equal states and equal bytes`(seed: UInt64)
        throws
    {
        let first = try Run(seed: seed, count: 400)
        let second = try Run(seed: seed, count: 400)
        #expect(first.outputs == second.outputs, "seed \(seed)")
        #expect(first.chat.state == second.chat.state, "seed \(seed)")
        #expect(first.chat.events == second.chat.events, "seed \(seed)")
    }

    @Test @Aside func `pitfall 42: a run gives the bytes that it gave in another process`() throws {
        let outputs = try Run(seed: 1, count: 400).outputs
        // Noted once: it changes with what is drawn, and with nothing else.
        let seen = "d56a7f01c24c5947b4977aaa010c8124ab631921dc7a3e7f8d05311f76a286c7"
        #expect(SHA256.hexDigest(Array(outputs.joined(separator: [10]))) == seen)
    }

    @Test @Aside func `operations, outputs and events come back from their lines`() throws {
        let run = try Run(seed: 11, count: 400)
        for operation in run.operations {
            #expect(try ChatState.Operation(lineBytes: operation.lineBytes) == operation)
        }
        for bytes in run.outputs {
            #expect(try ChatState.Output(lineBytes: bytes).lineBytes == bytes)
        }
        for event in run.chat.events {
            #expect(try ChatState.Event(lineBytes: event.lineBytes) == event)
        }
    }

    @Test @Aside func `a copy stays as it was`() throws {
        var chat = try Run(seed: 5, count: 300).chat
        let frozen = chat.state
        let again = try Run(seed: 5, count: 300).chat.state
        let session = try chat.join("frozen")
        try chat.send("later", to: "frozen", by: session)
        #expect(frozen == again)
        #expect(frozen != chat.state)
    }
}
