/// Places the values of a program in one arena.
struct ArenaLayout {
    /// Floats of the arena.
    private(set) var count = 0
    /// Reshapes that need no copy: their result lies where their source lies.
    private(set) var elided: Set<Int> = []
    private let program: Program
    private var frames: [Padding]
    /// A value's storage: its own, or that of the value it reshapes.
    private var storage: [Program.ValueID]
    private var offsets: [Program.ValueID: Int] = [:]

    init(_ program: Program) throws(InferenceError) {
        self.program = program
        frames = Array(repeating: Padding(), count: program.values.count)
        storage = Array(program.values.indices)
        findFrames()
        elideReshapes()
        try place()
    }

    /// A value as stored; a view starts inside its base's frame.
    func region(_ value: Program.ValueID) throws(InferenceError) -> Plan.Region {
        let (base, padding) = resolve(value)
        guard let offset = offsets[storage[base]] else {
            throw InferenceError(.malformedConfig, "a value is read that no layer computes")
        }
        let (shape, frame) = (program.values[base].shape, frames[base])
        let pitch = (shape.width + frame.left + frame.right) * shape.channels
        return Plan.Region(
            offset: offset + (frame.top - padding.top) * pitch + (frame.left - padding.left) * shape.channels,
            pitch: pitch, shape: program.values[value].shape, frame: frame)
    }

    /// The tensor behind a view, and the zeros the view adds to it.
    private func resolve(_ value: Program.ValueID) -> (base: Program.ValueID, padding: Padding) {
        var (base, padding) = (value, Padding())
        while let view = program.values[base].view {
            padding = padding + view.padding
            base = view.base
        }
        return (base, padding)
    }

    /// The widest frame any reader needs.
    ///
    /// Views in the program come after their base, so one pass is enough.
    private mutating func findFrames() {
        for operation in program.operations {
            let output = program.values[operation.output].shape
            for (value, window) in operation.reads {
                let (base, padding) = resolve(value)
                let reach = window.map { beyond(program.values[value].shape, $0, output) } ?? Padding()
                frames[base] = Padding.max(frames[base], padding + reach)
            }
        }
    }

    /// How far windows reach beyond their input.
    private func beyond(_ input: Shape, _ window: Window, _ output: Shape) -> Padding {
        let pad = window.padding
        let bottom = (output.height - 1) * window.stride.height + window.reach.height - pad.top - input.height
        let right = (output.width - 1) * window.stride.width + window.reach.width - pad.left - input.width
        return Padding(top: pad.top, bottom: max(bottom, 0), left: pad.left, right: max(right, 0))
    }

    private mutating func elideReshapes() {
        for (index, operation) in program.operations.enumerated() {
            guard case .reshape = operation.kind, program.values[operation.inputs[0]].view == nil,
                frames[operation.inputs[0]].isZero, frames[operation.output].isZero
            else { continue }
            storage[operation.output] = storage[operation.inputs[0]]
            elided.insert(index)
        }
    }

    /// Each storage at the lowest offset that is free for its whole life, the largest first.
    private mutating func place() throws(InferenceError) {
        struct Block {
            let storage: Program.ValueID
            let size: Int
            var life: ClosedRange<Int>
            var offset = 0
        }
        var blocks: [Program.ValueID: Block] = [:]
        func extend(_ value: Program.ValueID, to time: Int) throws(InferenceError) {
            let base = resolve(value).base
            let owner = storage[base]
            if let block = blocks[owner] {
                blocks[owner]?.life = min(block.life.lowerBound, time)...max(block.life.upperBound, time)
            } else {
                let (shape, frame) = (program.values[owner].shape, frames[owner])
                let sizes = [
                    shape.height + frame.top + frame.bottom, shape.width + frame.left + frame.right, shape.channels,
                ]
                guard let size = Limits.product(sizes, limit: Limits.arenaElements) else {
                    throw InferenceError(.tooLarge, "a tensor of shape \(sizes) is too large; use a smaller model")
                }
                blocks[owner] = Block(storage: owner, size: Plan.aligned(size), life: time...time)
            }
        }
        try extend(program.input, to: -1)
        for (time, operation) in program.operations.enumerated() {
            for read in operation.reads { try extend(read.value, to: time) }
            try extend(operation.output, to: time)
        }
        try extend(program.output, to: program.operations.count)

        var placed: [Block] = []
        for var block in blocks.values.sorted(by: { ($0.size, $1.storage) > ($1.size, $0.storage) }) {
            for other in placed.sorted(by: { $0.offset < $1.offset }) where other.life.overlaps(block.life) {
                if block.offset + block.size <= other.offset { break }
                block.offset = max(block.offset, other.offset + other.size)
            }
            placed.append(block)
            offsets[block.storage] = block.offset
            count = max(count, block.offset + block.size)
        }
    }
}
