/// An HDF5 file in memory, as h5py writes it by default: the classic format, with symbol-table groups.
///
/// Our own reader, because a model file may come from anybody: the HDF5 library crashes and hangs on damaged files.
/// Every read here is checked against the bytes, and the number of visited structures is bounded. Field names and
/// layouts are those of the "HDF5 File Format Specification Version 2.0"; sections are quoted as they are numbered
/// there. Newer structures (superblock 2, fractal heaps, chunks, filters) are refused: Keras does not write them.
struct HDF5File {
    let bytes: HDF5Bytes
    /// The object header of every group and dataset, by its path.
    private(set) var objects: [String: Int] = [:]
    /// Paths of each group's members.
    private(set) var members: [String: [String]] = [:]
    private var visits = 0

    /// Reads the superblock (II.A) and all groups.
    init(_ contents: [UInt8]) throws(InferenceError) {
        bytes = HDF5Bytes(contents)
        let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        guard contents.starts(with: signature) else { throw HDF5Bytes.damaged("the signature is wrong") }
        guard try bytes.number(at: 8, width: 1) == 0, try bytes.number(at: 13, width: 2) == 0x0808,
            try bytes.number(at: 24, width: 8) == 0
        else { throw HDF5Bytes.damaged("only the classic format is read, as Keras writes it") }
        try index(header: bytes.number(at: 64, width: 8), path: "", depth: 0)
    }

    private mutating func visit() throws(InferenceError) {
        visits += 1
        guard visits <= 1 << 16 else { throw InferenceError(.tooLarge, "model.weights.h5 has too many objects") }
    }

    /// Records an object and, if it is a group, its members.
    private mutating func index(header: Int, path: String, depth: Int) throws(InferenceError) {
        try visit()
        guard depth <= 2 * Limits.modelDepth + 4 else { throw HDF5Bytes.damaged("groups are nested too deeply") }
        // Names may share their bytes, so a small file could spell paths that together fill the memory.
        guard path.utf8.count <= 1024 else { throw HDF5Bytes.damaged("a path is too long") }
        objects[path] = header
        guard let table = try HDF5Messages(bytes, header: header).first(.symbolTable) else { return }
        let (tree, heap) = (
            try bytes.number(at: table.start, width: 8), try bytes.number(at: table.start + 8, width: 8)
        )
        // Local heap (III.D): the address of its data segment, which holds the names.
        try bytes.expect("HEAP", at: heap)
        let names = try bytes.number(at: heap + 24, width: 8)
        var links: [(name: String, header: Int)] = []
        try collect(node: tree, level: nil, names: names, into: &links)
        members[path] = links.map(\.name)
        for link in links {
            try index(header: link.header, path: path.isEmpty ? link.name : "\(path)/\(link.name)", depth: depth + 1)
        }
    }

    /// Collects the links under a version 1 B-tree node (III.A.1); levels must fall by one, so the recursion ends.
    private mutating func collect(
        node: Int, level expected: Int?, names: Int, into links: inout [(name: String, header: Int)]
    ) throws(InferenceError) {
        try visit()
        try bytes.expect("TREE", at: node)
        let (level, used) = (try bytes.number(at: node + 5, width: 1), try bytes.number(at: node + 6, width: 2))
        guard try bytes.number(at: node + 4, width: 1) == 0, level == expected ?? level, level < 16 else {
            throw HDF5Bytes.damaged("a group's tree is inconsistent")
        }
        for child in 0..<used {
            let address = try bytes.number(at: node + 24 + 8 + child * 16, width: 8)
            if level > 0 {
                try collect(node: address, level: level - 1, names: names, into: &links)
            } else {
                try collect(leaf: address, names: names, into: &links)
            }
        }
    }

    /// Collects the links of a symbol table node (III.B, III.C); a soft link could lead anywhere and is refused.
    private mutating func collect(
        leaf: Int, names: Int, into links: inout [(name: String, header: Int)]
    ) throws(InferenceError) {
        try visit()
        try bytes.expect("SNOD", at: leaf)
        for entry in 0..<(try bytes.number(at: leaf + 6, width: 2)) {
            try visit()
            let start = leaf + 8 + entry * 40
            guard try bytes.number(at: start + 16, width: 4) != 2 else { throw HDF5Bytes.damaged("it has soft links") }
            let name = try bytes.text(at: names + bytes.number(at: start, width: 8))
            try links.append((name, bytes.number(at: start + 8, width: 8)))
        }
    }
}
