import CPKCS11

/// A template of attributes, with the memory that its values lie in.
@safe final class AttributeList {
    private(set) var attributes: UnsafeMutablePointer<CK_ATTRIBUTE>
    private var used = 0
    private static let capacity = 8

    init() { unsafe attributes = .allocate(capacity: Self.capacity) }

    deinit {
        for place in 0..<used { unsafe attributes[place].pValue?.deallocate() }
        unsafe attributes.deallocate()
    }

    var count: CK_ULONG { CK_ULONG(used) }

    func add(_ type: UInt, _ value: [UInt8]) {
        unsafe value.withUnsafeBytes { unsafe append(type, $0) }
    }

    func add(_ type: UInt, _ value: Bool) {
        var value = CK_BBOOL(value ? 1 : 0)
        unsafe withUnsafeBytes(of: &value) { unsafe append(type, $0) }
    }

    func add(_ type: UInt, _ value: UInt) {
        var value = CK_ULONG(value)
        unsafe withUnsafeBytes(of: &value) { unsafe append(type, $0) }
    }

    /// The value that the module wrote.
    func value(at place: Int) -> [UInt8] {
        precondition(place < used, "an attribute of the list")
        let attribute = unsafe attributes[place]
        return unsafe Array(UnsafeRawBufferPointer(start: attribute.pValue, count: Int(attribute.ulValueLen)))
    }

    private func append(_ type: UInt, _ value: UnsafeRawBufferPointer) {
        precondition(used < Self.capacity, "a template of few attributes")
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: value.count, alignment: 16)
        unsafe memory.copyMemory(from: value)
        var attribute = unsafe CK_ATTRIBUTE()
        unsafe attribute.type = CK_ATTRIBUTE_TYPE(type)
        unsafe attribute.pValue = memory.baseAddress
        unsafe attribute.ulValueLen = CK_ULONG(value.count)
        unsafe attributes.advanced(by: used).initialize(to: attribute)
        used += 1
    }
}
