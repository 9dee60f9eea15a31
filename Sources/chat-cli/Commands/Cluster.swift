import ChatOptions
import ChatService
import Replication
import Storage

extension Command {
    static let clusterStatus = Command(
        spec: CommandSpec(
            "status",
            abstract: "Show the servers, which of them leads, and how far each is.",
            discussion: """
                Every server is asked; no login is needed. The exit code is 2 if nothing can be \
                written.
                """
        )
    ) { call in
        let first = try await call.firstReport()
        let status = await ClusterOverview(first, reports: call.reports(of: first))
        try call.show(status)
        guard status.isWritable else {
            var failure = Failure(.problemFound, code: "not_writable", status.verdict)
            failure.isReported = true
            throw failure
        }
    }
}

extension Call {
    fileprivate func show(_ status: ClusterOverview) throws(StreamError) {
        if report.isJSON { return try report.object(status.lineBytes) }
        if report.isQuiet { return try report.line(status.leader ?? "") }
        try report.table(
            ["NODE", "ROLE", "ADDRESS", "TERM", "APPLIED", "LAG"],
            status.nodes.map(\.row)
        )
        try report.line(status.verdict)
        for line in status.explanations { try report.line(line.escapedForTerminal()) }
    }
}

extension Call {
    /// What the first server says that belongs to a cluster, or if none does, the first that answers.
    fileprivate func firstReport() async throws -> ClusterReport {
        let servers = try keptAddresses()
        let report = try await client(servers: servers).clusterReport()
        guard report.cluster == nil else { return report }
        for server in servers {
            // One that is down is no error here: another one has answered.
            let other = try? await client(servers: [server], limit: .seconds(1)).clusterReport()
            if let other, other.cluster != nil { return other }
        }
        return report
    }

    /// What each member says of itself; those that do not answer are left out.
    fileprivate func reports(of first: ClusterReport) async -> [ClusterReport] {
        await withTaskGroup(of: ClusterReport?.self) { group in
            for member in first.members where member.id != first.node && !member.client.isEmpty {
                group.addTask {
                    // One that is down is no error here; it is what the table shows.
                    let client = try? client(
                        cluster: first.cluster,
                        servers: [member.client],
                        limit: .seconds(1)
                    )
                    let report = try? await client?.clusterReport()
                    return report?.node == member.id ? report : nil
                }
            }
            var reports = [first]
            for await report in group { if let report { reports.append(report) } }
            return reports
        }
    }
}

/// The cluster as its nodes together tell it.
struct ClusterOverview: Hashable, Sendable {
    /// One row.
    struct Node: Hashable, Sendable {
        var member: ClusterReport.Member
        /// What it says of itself, if it answers.
        var report: ClusterReport?
        var lag: UInt64?

        var role: String {
            guard let report else { return member.isConnected ? "unreachable" : "down" }
            if report.isRemoved { return "removed" }
            if report.isDiskFull { return "disk full" }
            if member.isVoter { return report.role }
            return member.role.isEmpty ? "learner" : member.role
        }

        var row: [String] {
            [
                member.id, role, member.client.isEmpty ? "-" : member.client,
                report.map { "\($0.term)" } ?? "-", report.map { "\($0.applied)" } ?? "-",
                lag.map { "\($0)" } ?? "-",
            ]
        }
    }

    let cluster: String?
    let leader: String?
    let term: UInt64
    let nodes: [Node]
    /// What the nodes that answered say of themselves, members or not.
    private let reports: [ClusterReport]

    init(_ first: ClusterReport, reports: [ClusterReport]) {
        cluster = first.cluster
        self.reports = reports
        // Who is of an older term may not know yet that another leads.
        let newest = reports.map(\.term).max() ?? 0
        term = newest
        leader = reports.filter { $0.term == newest }.compactMap(\.leader).first
        let end = reports.map(\.applied).max() ?? 0
        nodes = first.members.map { member in
            // Of two incarnations of an id one is gone, and does not answer.
            let isGone =
                !member.isConnected && first.members.count { $0.id == member.id } > 1
            let report = isGone ? nil : reports.first { $0.node == member.id }
            return Node(
                member: member,
                report: report,
                lag: report.map { end - min($0.applied, end) }
            )
        }.sorted { $0.member.id < $1.member.id }
    }

    /// What the leader has to say, or if there is none, every node that answers.
    var explanations: [String] {
        let leading = reports.filter { $0.role == "leader" && $0.term == term }
        return (leading.isEmpty ? reports : leading).flatMap { report in
            report.explanations.map { "\(report.node): \($0)" }
        }
    }

    var voters: Int { nodes.count { $0.member.isVoter } }
    var answering: Int { nodes.count { $0.member.isVoter && $0.report != nil } }
    var writing: Int {
        nodes.count { $0.member.isVoter && $0.report.map { !$0.isDiskFull } ?? false }
    }
    var quorum: Int { voters / 2 + 1 }

    /// Whether anything can be written, as far as the servers that answer know.
    var isWritable: Bool { leader != nil && !(answering >= quorum && writing < quorum) }

    /// What it means, in one line.
    var verdict: String {
        guard cluster != nil else { return "no cluster yet, nothing can be written" }
        let place = "quorum \(quorum) of \(voters)"
        guard leader != nil else { return "\(place): no leader, nothing can be written" }
        guard answering >= quorum else {
            return "\(place): only \(answering) answer here"
        }
        guard writing >= quorum else {
            return "\(place): only \(writing) have room on their disks, nothing can be written"
        }
        let spare = writing - quorum
        switch spare {
        case 0 where voters == 1: return "\(place): healthy, but there is no second copy"
        case 0: return "\(place): healthy, but one more failure stops writes"
        case 1: return "\(place): healthy, one failure is survived"
        default: return "\(place): healthy, \(spare) failures are survived"
        }
    }
}

extension ClusterOverview {
    /// `{"cluster":"…","leader":"n2","term":2,"quorum":2,"members":[{"id":"n1",…}]}`.
    var lineBytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("cluster", cluster)
        writer.key("leader")
        if let leader { writer.string(leader) } else { writer.null() }
        writer.member("term", term)
        writer.member("voters", voters)
        writer.member("quorum", quorum)
        writer.member("answering", answering)
        writer.member("writable", isWritable)
        writer.key("members")
        writer.beginArray()
        for node in nodes { node.write(to: &writer) }
        writer.endArray()
        writer.key("explain")
        writer.beginArray()
        for line in explanations { writer.string(line) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

extension ClusterOverview.Node {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", member.id)
        writer.member("role", role)
        writer.member("client", member.client.isEmpty ? nil : member.client)
        writer.member("peer", member.peer)
        writer.member("voter", member.isVoter)
        writer.member("term", report?.term)
        writer.member("applied", report?.applied)
        writer.member("lag", lag)
        writer.endObject()
    }
}
