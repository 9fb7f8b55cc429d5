/// Lets one task at a time work on a key, in the order of arrival. Owned by an actor, whose isolation protects it.
struct KeyedMutex {
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// True when the key was free and is now held.
    mutating func tryEnter(_ key: String) -> Bool {
        guard waiting[key] == nil else { return false }
        waiting[key] = []
        return true
    }

    mutating func wait(_ key: String, _ continuation: CheckedContinuation<Void, Never>) {
        waiting[key, default: []].append(continuation)
    }

    /// Hands the key to the next one in line.
    mutating func leave(_ key: String) {
        guard var line = waiting[key] else { return }
        guard !line.isEmpty else {
            waiting[key] = nil
            return
        }
        let next = line.removeFirst()
        waiting[key] = line
        next.resume()
    }
}
