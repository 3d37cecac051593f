/// The bytes of an HDF5 file; every read is checked, offsets may come from the file.
struct HDF5Bytes {
    let contents: [UInt8]
    init(_ contents: [UInt8]) { self.contents = contents }

    static func damaged(_ reason: String) -> InferenceError {
        InferenceError(.malformedWeights, "model.weights.h5 cannot be read: \(reason); save the model again")
    }

    /// A little-endian number of 1 to 8 bytes.
    ///
    /// Numbers beyond 2^40 fit no file: refusing them spares callers the overflow.
    func number(at offset: Int, width: Int) throws(InferenceError) -> Int {
        guard offset >= 0, offset <= contents.count - width else { throw Self.damaged("it is cut short") }
        let value = (0..<width).reduce(0 as UInt64) { $0 | UInt64(contents[offset + $1]) << (8 * UInt64($1)) }
        guard value < 1 << 40 else { throw Self.damaged("an address lies outside") }
        return Int(value)
    }

    func expect(_ signature: StaticString, at offset: Int) throws(InferenceError) {
        let expected = unsafe UnsafeBufferPointer(start: signature.utf8Start, count: signature.utf8CodeUnitCount)
        guard offset >= 0, offset <= contents.count - expected.count,
            unsafe contents[offset..<offset + expected.count].elementsEqual(expected)
        else { throw Self.damaged("\(signature) is missing") }
    }

    /// A text of at most 1024 bytes, up to its zero byte.
    func text(at offset: Int) throws(InferenceError) -> String {
        guard offset >= 0, offset < contents.count,
            let end = contents[offset..<min(offset + 1025, contents.count)].firstIndex(of: 0)
        else { throw Self.damaged("a name has no end") }
        return String(decoding: contents[offset..<end], as: UTF8.self)
    }
}
