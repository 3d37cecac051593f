/// The members of an object, each key once, in ascending order of their keys: the order in which they are signed.
///
/// An array, since objects are small and mostly walked once: it is built, walked and freed faster than a hash table.
public struct JSONObject: Sendable {
    private var members: [Element]

    /// Takes members in any order, each key once.
    public init(_ members: [String: JSONValue]) {
        self.members = members.map { (key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
    }

    /// Takes members whose keys ascend already.
    init(ascending members: [Element]) { self.members = members }

    /// The value of a key; setting nil removes the member.
    public subscript(key: String) -> JSONValue? {
        get {
            let place = place(of: key)
            guard has(key, at: place) else { return nil }
            return members[place].value
        }
        set {
            let place = place(of: key)
            let isKnown = has(key, at: place)
            switch (newValue, isKnown) {
            case (let value?, true): members[place].value = value
            case (let value?, false): members.insert((key, value), at: place)
            case (nil, true): members.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// Finds the value of a key, by one comparison when it stands at `place`, as where all are asked for in their order;
    /// `place` is left behind it.
    package func value(of key: String, near place: inout Int) -> JSONValue? {
        if !has(key, at: place) { place = self.place(of: key) }
        guard has(key, at: place) else { return nil }
        defer { place += 1 }
        return members[place].value
    }

    private func has(_ key: String, at place: Int) -> Bool { place < members.count && members[place].key == key }

    /// Where a key is, or would be.
    private func place(of key: String) -> Int {
        var range = 0..<members.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = members[middle].key < key ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    public var keys: some Sequence<String> { members.lazy.map(\.key) }
    public var values: some Sequence<JSONValue> { members.lazy.map(\.value) }
}

extension JSONObject: RandomAccessCollection {
    public typealias Element = (key: String, value: JSONValue)

    public var startIndex: Int { 0 }
    public var endIndex: Int { members.count }
    public subscript(position: Int) -> Element { members[position] }
}

extension JSONObject: Hashable {
    public static func == (one: Self, other: Self) -> Bool { one.elementsEqual(other, by: ==) }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for (key, value) in self {
            hasher.combine(key)
            hasher.combine(value)
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Builds an object; a key written twice is a mistake in our code.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(Dictionary(uniqueKeysWithValues: elements))
    }
}
