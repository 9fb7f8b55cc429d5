/// How far each log was published or written by this process; the 4,096 logs that moved last.
struct RelayProgress {
    static let maximumLogs = 4_096
    private var seqs: [String: Int64] = [:]
    private var order: [String] = []

    var count: Int { seqs.count }

    func seq(of aggregate: String) -> Int64? { seqs[aggregate] }

    mutating func note(_ aggregate: String, _ seq: Int64) {
        if let known = seqs[aggregate] {
            seqs[aggregate] = max(known, seq)
            return
        }
        if order.count >= Self.maximumLogs {
            // The older half goes at once, so that this is rare.
            for old in order.prefix(Self.maximumLogs / 2) { seqs[old] = nil }
            order.removeFirst(Self.maximumLogs / 2)
        }
        seqs[aggregate] = seq
        order.append(aggregate)
    }
}
