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
        get { members.first { $0.key == key }?.value }
        set {
            let place = members.firstIndex { $0.key >= key } ?? members.endIndex
            let isKnown = place < members.endIndex && members[place].key == key
            switch (newValue, isKnown) {
            case (let value?, true): members[place].value = value
            case (let value?, false): members.insert((key, value), at: place)
            case (nil, true): members.remove(at: place)
            case (nil, false): break
            }
        }
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
