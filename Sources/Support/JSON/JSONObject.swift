/// The members of a JSON object: ordered, keys unique byte by byte.
///
/// Look-ups are linear up to 12 members and hashed beyond. Equality ignores the order.
package struct JSONObject: Sendable {
    /// A struct, not a tuple: arrays of tuples look their metadata up at run time.
    private struct Entry: Sendable {
        var key: String
        var value: JSON
    }

    private var entries: ContiguousArray<Entry> = []
    /// Positions by key, once there are more than `linearLimit` members.
    private var positions: [JSONKey: Int]?

    private static let linearLimit = 12

    /// An object without members.
    package init() {}

    /// The members of `pairs` in order; of two equal keys the last value stays, at the first one's place.
    package init(uniqueKeysWithValues pairs: some Sequence<(String, JSON)>) {
        for (key, value) in pairs { self[key] = value }
    }

    /// The value of `key`. Setting nil removes the member; setting a new key appends it.
    package subscript(key: String) -> JSON? {
        get {
            guard let position = position(of: key) else { return nil }
            return entries[position].value
        }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let position = position(of: key) {
                entries[position].value = newValue
            } else {
                append(newKey: key, newValue)
            }
        }
    }

    /// Removes a member and returns its value; nil when there was none. The others keep their order.
    @discardableResult
    package mutating func removeValue(forKey key: String) -> JSON? {
        guard let position = position(of: key) else { return nil }
        let removed = entries.remove(at: position).value
        if positions != nil { rebuildPositions() }
        return removed
    }

    /// The keys in order.
    package var keys: [String] { entries.map(\.key) }

    /// The values in order.
    package var values: [JSON] { entries.map(\.value) }

    /// Makes room for `count` members.
    package mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    /// Appends a member unless the key is there already; false then.
    mutating func insertNew(_ key: String, _ value: JSON) -> Bool {
        if position(of: key) != nil { return false }
        append(newKey: key, value)
        return true
    }

    private mutating func append(newKey key: String, _ value: JSON) {
        entries.append(Entry(key: key, value: value))
        if positions != nil {
            positions?[JSONKey(key)] = entries.count - 1
        } else if entries.count > Self.linearLimit {
            rebuildPositions()
        }
    }

    private mutating func rebuildPositions() {
        guard entries.count > Self.linearLimit else {
            positions = nil
            return
        }
        var fresh: [JSONKey: Int] = [:]
        fresh.reserveCapacity(entries.count * 2)
        for (position, entry) in entries.enumerated() { fresh[JSONKey(entry.key)] = position }
        positions = fresh
    }

    private func position(of key: String) -> Int? {
        if let positions { return positions[JSONKey(key)] }
        return entries.withUnsafeBufferPointer { entries in
            for position in entries.indices where sameBytes(entries[position].key, key) { return position }
            return nil
        }
    }
}

extension JSONObject: RandomAccessCollection {
    /// A member.
    package typealias Element = (key: String, value: JSON)
    /// A member's place in the order.
    package typealias Index = Int
    /// 0.
    package var startIndex: Int { 0 }
    /// The number of members.
    package var endIndex: Int { entries.count }
    /// The member at a place, which must be one of `indices`.
    package subscript(position: Int) -> (key: String, value: JSON) {
        (entries[position].key, entries[position].value)
    }
}

extension JSONObject: Hashable {
    /// The same keys with equal values, in any order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        for position in left.indices {
            let (key, value) = left[position]
            if sameBytes(right.entries[position].key, key) {
                if right.entries[position].value != value { return false }
            } else if right[key] != value {
                return false
            }
        }
        return true
    }

    /// Agrees with `==`: the order does not count.
    package func hash(into hasher: inout Hasher) {
        var sum = 0
        for entry in entries {
            var one = Hasher()
            one.combine(JSONKey(entry.key))
            one.combine(entry.value)
            sum ^= one.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Of two equal keys the last value stays.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(uniqueKeysWithValues: elements)
    }
}

extension JSONObject: CustomStringConvertible {
    /// The compact text.
    package var description: String { JSON.object(self).text() }
}
