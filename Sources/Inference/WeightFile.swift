/// `model.weights.h5`: the variables of the layers, by the paths Keras gives them.
struct WeightFile {
    private let file: HDF5File
    private var bytes: HDF5Bytes { file.bytes }

    init(_ contents: [UInt8]) throws(InferenceError) { file = try HDF5File(contents) }

    /// How many variables a group holds; 0 when there is no such group.
    func variableCount(in group: String) -> Int { file.members[group]?.count ?? 0 }

    /// One variable as float32, row-major; `layer` names its layer in errors.
    func variable(_ path: String, shape: [Int], layer: String) throws(InferenceError) -> [Float] {
        guard let count = Limits.product(shape) else {
            throw InferenceError(.tooLarge, layer: layer, "a weight of shape \(shape) is too large")
        }
        guard let header = file.objects[path] else {
            throw InferenceError(
                .missingWeights, layer: layer, "\(path) is not in model.weights.h5; save the model again")
        }
        let messages = try HDF5Messages(bytes, header: header)
        guard let space = messages.first(.dataspace), let type = messages.first(.datatype),
            let layout = messages.first(.layout), messages.first(.filters) == nil,
            messages.first(.externalFiles) == nil,
            try isFloat32(type.start)
        else {
            throw InferenceError(
                .malformedWeights, layer: layer, "\(path) is not stored as plain float32; save the model again")
        }
        let stored = try extents(space)
        guard stored == shape else {
            throw InferenceError(
                .shapeMismatch, layer: layer, "the stored weight has shape \(stored), the layer needs \(shape)")
        }
        let start = try dataStart(layout, byteCount: count * 4)
        let values = (0..<count).map { index in
            let offset = start + index * 4
            let (low, high) = (
                UInt32(bytes.contents[offset]) | UInt32(bytes.contents[offset + 1]) << 8,
                UInt32(bytes.contents[offset + 2]) | UInt32(bytes.contents[offset + 3]) << 8
            )
            return Float(bitPattern: low | high << 16)
        }
        guard values.allSatisfy(\.isFinite) else {
            throw InferenceError(
                .notFinite, layer: layer, "a weight is infinite or not a number; train the model again")
        }
        return values
    }

    /// Dataspace message (IV.A.2.b), versions 1 and 2.
    private func extents(_ space: HDF5Messages.Message) throws(InferenceError) -> [Int] {
        let (version, rank) = (
            try bytes.number(at: space.start, width: 1), try bytes.number(at: space.start + 1, width: 1)
        )
        guard version == 1 || version == 2, rank <= 8 else { throw HDF5Bytes.damaged("a shape is unknown") }
        var sizes: [Int] = []
        for axis in 0..<rank {
            try sizes.append(bytes.number(at: space.start + (version == 1 ? 8 : 4) + axis * 8, width: 8))
        }
        return sizes
    }

    /// Datatype message (IV.A.2.d): little-endian IEEE 754 binary32 and nothing else.
    private func isFloat32(_ start: Int) throws(InferenceError) -> Bool {
        let (kind, order) = (
            try bytes.number(at: start, width: 1) & 0xF, try bytes.number(at: start + 1, width: 1) & 0x41
        )
        let (size, bits) = (try bytes.number(at: start + 4, width: 4), try bytes.number(at: start + 8, width: 4))
        let (fields, bias) = (try bytes.number(at: start + 12, width: 4), try bytes.number(at: start + 16, width: 4))
        // Precision 32 from bit 0; exponent at bit 23, 8 wide; mantissa at bit 0, 23 wide.
        return kind == 1 && order == 0 && size == 4 && bits == 32 << 16 && fields == 0x1700_0817 && bias == 127
    }

    /// Data layout message (IV.A.2.i), version 3: compact or contiguous, of exactly `byteCount` bytes inside the
    /// file.
    private func dataStart(_ layout: HDF5Messages.Message, byteCount: Int) throws(InferenceError) -> Int {
        let version = try bytes.number(at: layout.start, width: 1)
        let (start, count): (Int, Int)
        switch (version, try bytes.number(at: layout.start + 1, width: 1)) {
        case (3, 0): (start, count) = (layout.start + 4, try bytes.number(at: layout.start + 2, width: 2))
        case (3, 1):
            (start, count) = (
                try bytes.number(at: layout.start + 2, width: 8), try bytes.number(at: layout.start + 10, width: 8)
            )
        default: throw HDF5Bytes.damaged("a variable is stored in chunks")
        }
        guard count == byteCount, start <= bytes.contents.count - byteCount else {
            throw HDF5Bytes.damaged("a variable is cut short")
        }
        return start
    }

    // MARK: Names

    /// The name of the layer that Keras recorded with a group of variables; older files have none.
    func layerName(of group: String) throws(InferenceError) -> String? {
        guard let header = file.objects[group] else { return nil }
        for attribute in try HDF5Messages(bytes, header: header).all(.attribute) {
            if let value = try text(of: attribute, named: "name") { return value }
        }
        return nil
    }

    /// Attribute message (IV.A.2.m), versions 1 to 3: a string, stored in place or in a global heap.
    private func text(of attribute: HDF5Messages.Message, named name: String) throws(InferenceError) -> String? {
        let version = try bytes.number(at: attribute.start, width: 1)
        guard 1...3 ~= version else { throw HDF5Bytes.damaged("an attribute is unknown") }
        var sizes: [Int] = []
        for field in 0..<3 {
            let size = try bytes.number(at: attribute.start + 2 + field * 2, width: 2)
            sizes.append(version == 1 ? (size + 7) & ~7 : size)
        }
        let nameStart = attribute.start + (version == 3 ? 9 : 8)
        let (type, data) = (nameStart + sizes[0], nameStart + sizes[0] + sizes[1] + sizes[2])
        guard data <= attribute.start + attribute.count, try bytes.text(at: nameStart) == name else { return nil }
        switch try bytes.number(at: type, width: 1) & 0xF {
        case 3:  // fixed length
            let size = try bytes.number(at: type + 4, width: 4)
            guard size <= attribute.start + attribute.count - data else {
                throw HDF5Bytes.damaged("a name is cut short")
            }
            return String(decoding: bytes.contents[data..<data + size].prefix { $0 != 0 }, as: UTF8.self)
        case 9:  // variable length: a count, then the address and index of an object in a global heap
            return try globalHeapText(
                count: bytes.number(at: data, width: 4), heap: bytes.number(at: data + 4, width: 8),
                index: bytes.number(at: data + 12, width: 4))
        default: return nil
        }
    }

    /// Global heap (III.E): objects of 16 bytes and their data, padded to 8; index 0 is free space, the end.
    private func globalHeapText(count: Int, heap: Int, index: Int) throws(InferenceError) -> String {
        try bytes.expect("GCOL", at: heap)
        let end = heap + (try bytes.number(at: heap + 8, width: 8))
        var offset = heap + 16
        while offset + 16 <= end {
            let (number, size) = (try bytes.number(at: offset, width: 2), try bytes.number(at: offset + 8, width: 8))
            if number == index {
                guard count <= size, count <= 1024, offset + 16 <= bytes.contents.count - count else { break }
                return String(decoding: bytes.contents[offset + 16..<offset + 16 + count], as: UTF8.self)
            }
            guard number != 0 else { break }
            offset += 16 + ((size + 7) & ~7)
        }
        throw HDF5Bytes.damaged("a name is not in its heap")
    }
}
