/// The header fields of a message, in order; names compare without regard to ASCII case (RFC 9110, section 5.1).
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
    /// One field as it was written.
    public typealias Field = (name: String, value: String)
    private var fields: [Field] = []

    /// Creates an empty list.
    public init() {}

    /// Creates a list in the order given.
    public init(_ fields: [(name: String, value: String)]) { self.fields = fields }

    /// Creates a list in the order written.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The first value of a field; setting replaces every field of that name, setting `nil` removes them.
    public subscript(name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// Every value of a field, in order.
    public func values(_ name: String) -> [String] { fields.filter { Self.same($0.name, name) }.map(\.value) }

    /// Appends a field and keeps those of the same name, as `Set-Cookie` needs.
    public mutating func add(_ name: String, _ value: String) { fields.append((name: name, value: value)) }

    /// Whether a comma-separated field lists a token, as in `Connection: keep-alive, close`.
    public func lists(_ token: String, in name: String) -> Bool {
        values(name).contains { value in
            value.split(separator: ",").contains { Self.same($0.trimmingBlanks(), token) }
        }
    }

    private static func same(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        left.utf8.elementsEqual(right.utf8) { $0.asciiLowercased == $1.asciiLowercased }
    }
}

extension HTTPHeaders: RandomAccessCollection {
    /// The position of the first field.
    public var startIndex: Int { fields.startIndex }
    /// The position after the last field.
    public var endIndex: Int { fields.endIndex }
    /// The field at a position.
    public subscript(position: Int) -> Field { fields[position] }
}

extension HTTPHeaders {
    /// Whether a name is a token (RFC 9110, section 5.6.2).
    public static func isToken(_ name: some StringProtocol) -> Bool { !name.isEmpty && name.utf8.allSatisfy(\.isToken) }

    /// Whether a value is free of control characters, without which no second field can hide in it.
    public static func isValue(_ value: some StringProtocol) -> Bool {
        value.utf8.allSatisfy { !$0.isControl || $0 == 9 }
    }
}
