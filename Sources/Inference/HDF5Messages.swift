/// The messages of one version 1 object header (IV.A.1.a): what describes a group or dataset.
struct HDF5Messages {
    /// The message types read or refused (IV.A.2).
    enum Kind: Int {
        case dataspace = 0x01, datatype = 0x03, externalFiles = 0x07, layout = 0x08, filters = 0x0B, attribute = 0x0C
        case continuation = 0x10, symbolTable = 0x11
    }

    struct Message {
        let kind: Kind
        /// Where its data starts, and how many bytes it has.
        let start: Int
        let count: Int
    }
    private var messages: [Message] = []

    init(_ bytes: HDF5Bytes, header: Int) throws(InferenceError) {
        guard try bytes.number(at: header, width: 1) == 1 else {
            throw HDF5Bytes.damaged("an object header is unknown")
        }
        let limit = min(try bytes.number(at: header + 2, width: 2), 256)
        var blocks = [(start: header + 16, count: try bytes.number(at: header + 8, width: 4))]
        var seen = 0
        // Continuations add blocks; the count of messages, of which Keras needs a dozen, bounds the walk.
        while let block = blocks.popLast() {
            var offset = block.start
            while seen < limit, offset + 8 <= block.start + block.count {
                let count = try bytes.number(at: offset + 2, width: 2)
                let (start, kind) = (offset + 8, Kind(rawValue: try bytes.number(at: offset, width: 2)))
                guard start + count <= min(block.start + block.count, bytes.contents.count) else {
                    throw HDF5Bytes.damaged("an object header is cut short")
                }
                if let kind {
                    // Bit 1: the data is elsewhere, shared between objects; h5py shares nothing here.
                    guard try bytes.number(at: offset + 4, width: 1) & 2 == 0 else {
                        throw HDF5Bytes.damaged("an object shares its description")
                    }
                    messages.append(Message(kind: kind, start: start, count: count))
                    if kind == .continuation {
                        try blocks.append((bytes.number(at: start, width: 8), bytes.number(at: start + 8, width: 8)))
                    }
                }
                seen += 1
                offset = start + count
            }
        }
    }

    func first(_ kind: Kind) -> Message? { messages.first { $0.kind == kind } }
    func all(_ kind: Kind) -> [Message] { messages.filter { $0.kind == kind } }
}
