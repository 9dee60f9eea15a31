package import Storage

/// The machine behind calls on JSON.
extension ReplicatedState: HostedState {
    package var keyFloor: LogIndex { exactlyOnce.floor }

    package func record(of request: RequestIdentity) -> ExactlyOnce.Record? {
        exactlyOnce[request]
    }

    package func admit(
        _ body: [UInt8],
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(LineError) -> HostedAdmission {
        let request = try Machine.Request(lineBytes: body)
        let digest = SHA256.hexDigest(try Machine.withoutSecrets(request).canonicalForm())
        do throws(Refusal) {
            let admission = try machine.admit(request, from: caller, entropy: entropy, now: now)
            return HostedAdmission(digest: digest, outcome: try .init(admission))
        } catch {
            return HostedAdmission(digest: digest, outcome: .refused(error))
        }
    }

    package func claimant(of body: [UInt8], from caller: Caller) -> String? {
        do throws(LineError) {
            return machine.claimant(of: try Machine.Request(lineBytes: body), from: caller)
        } catch {
            return nil
        }
    }

    package func fault(of proposal: Proposal) -> String? {
        proposal.fault(as: Machine.Operation.self)
    }

    package func refusal(in output: [UInt8]) -> Refusal? {
        do throws(LineError) {
            return Machine.refusal(in: try Machine.Output(lineBytes: output))
        } catch {
            // If the leader runs another version, its output is passed on as it is.
            return output == Self.unwritable ? unwritableOutput : nil
        }
    }

    package func answer(
        _ body: [UInt8],
        from caller: Caller,
        now: Timestamp
    ) throws(LineError) -> Result<[UInt8], Refusal> {
        let query = try Machine.Query(lineBytes: body)
        do throws(Refusal) {
            let answer = try machine.answer(query, from: caller, now: now)
            return .success(try Refusal.canonicalForm(of: answer, "answer"))
        } catch {
            return .failure(error)
        }
    }

    package func audience(of caller: Caller) throws(Refusal) -> String {
        try machine.audience(of: caller)
    }

    package var eventCount: Int { events.count }

    package func holdsAllEvents(after id: EventID) -> Bool { events.holdsAll(after: id) }

    package func eventOffset(after id: EventID) -> Int { events.offset(after: id) }

    package func eventID(at offset: Int) -> EventID { events[offset].id }

    package func recipients(at offset: Int) -> [String] {
        machine.recipients(of: events[offset].event)
    }

    package func render(at offset: Int, for audience: String) -> RenderedEvent? {
        machine.render(events[offset].event, for: audience)
    }
}

extension HostedAdmission.Outcome {
    fileprivate init<Operation: LineCodable>(
        _ admission: Admission<Operation>
    ) throws(Refusal) {
        switch admission {
        case .propose(let admitted): self = .propose(try .init(admitted))
        case .compute(let body):
            self = .compute { () throws(Refusal) in try .init(try body()) }
        }
    }
}

extension HostedAdmission.Admitted {
    fileprivate init<Operation: LineCodable>(_ admitted: Admitted<Operation>) throws(Refusal) {
        self.init(
            by: admitted.by,
            operation: try Refusal.canonicalForm(of: admitted.operation, "operation"),
            secret: admitted.secret
        )
    }
}
