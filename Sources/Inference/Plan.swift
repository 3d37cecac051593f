/// A program with its memory laid out: where each value lies in the arena, and where the weights lie in theirs.
///
/// Values whose lifetimes do not overlap share memory. A value that a window reads beyond the edge is stored with a
/// frame of zeros, so that no kernel tests for edges. Sizes and offsets count floats.
struct Plan: Sendable {
    /// A tensor in the arena: the offset of its first value, and the distance between rows.
    struct Region: Sendable {
        let offset: Int
        let pitch: Int
        let shape: Shape
        /// Zeros stored around it.
        let frame: Padding
    }

    struct Step: Sendable {
        let operation: Program.Operation
        let inputs: [Region]
        let output: Region
        let residual: Region?
        let shortcut: Region?
        /// Offsets into the weights: kernel and bias, or scale and shift.
        var weights = Pair()
        /// Of a separable convolution: the pointwise kernel and bias.
        var mixWeights = Pair()
        var shortcutWeights = 0
        /// Of a separable convolution: output rows in one strip.
        var stripRows = 0

        struct Pair: Sendable {
            var kernel = 0
            var bias = 0
        }
    }

    private(set) var steps: [Step] = []
    private(set) var weights: [Float] = []
    let input: Region
    let output: Region
    /// Floats of the arena; the scratch space of single steps is at its end, from `scratch` on.
    private(set) var arenaCount = 0
    let scratch: Int
    /// Multiply-adds, roughly.
    private(set) var cost = 0

    init(_ program: Program) throws(InferenceError) {
        let layout = try ArenaLayout(program)
        input = try layout.region(program.input)
        output = try layout.region(program.output)
        scratch = layout.count
        var scratchCount = 0
        for (index, operation) in program.operations.enumerated() where !layout.elided.contains(index) {
            var inputs: [Region] = []
            for value in operation.inputs { try inputs.append(layout.region(value)) }
            var step = try Step(
                operation: operation, inputs: inputs, output: layout.region(operation.output),
                residual: operation.residual.map { value throws(InferenceError) in try layout.region(value) },
                shortcut: operation.shortcut.map { shortcut throws(InferenceError) in try layout.region(shortcut.input)
                })
            let needed = try prepare(&step)
            scratchCount = max(scratchCount, needed.scratch)
            let (total, overflow) = cost.addingReportingOverflow(needed.cost)
            guard !overflow, total <= Limits.operations else {
                throw InferenceError(
                    .tooLarge, layer: operation.layer, "one image would take minutes; use a smaller model")
            }
            cost = total
            steps.append(step)
        }
        arenaCount = scratch + scratchCount
        guard arenaCount <= Limits.arenaElements else {
            throw InferenceError(
                .tooLarge, "one image needs \(arenaCount) values, the limit is \(Limits.arenaElements)")
        }
    }

    // MARK: Weights

    /// Packs the weights of a step and returns the scratch floats it needs and what it costs.
    private mutating func prepare(_ step: inout Step) throws(InferenceError) -> (scratch: Int, cost: Int) {
        let (source, target) = (step.inputs[0].shape, step.output.shape)
        let pixels = target.height * target.width
        let shortcut = step.operation.shortcut?.filter
        if let shortcut { step.shortcutWeights = append(try packed(shortcut.kernel, outputs: target.channels)) }
        let added = shortcut?.kernel.count ?? 0
        switch step.operation.kind {
        case .convolution(let filter):
            step.weights = try pack(filter, outputs: target.channels)
            return (0, saturatingProduct(pixels, filter.kernel.count + added))
        case .depthwise(let filter):
            step.weights = Step.Pair(kernel: append(filter.kernel), bias: append(filter.bias))
            return (0, saturatingProduct(pixels, filter.kernel.count))
        case .separable(let spread, _, let mix):
            step.weights = Step.Pair(kernel: append(spread.kernel), bias: append(spread.bias))
            step.mixWeights = try pack(mix, outputs: target.channels)
            // Enough pixels to fill register tiles, few enough that the strip stays near the core; strips of equal
            // size.
            let strips = max(1, pixels / Self.stripPixels)
            step.stripRows = max(1, (target.height + strips - 1) / strips)
            let scratch = step.stripRows * target.width * source.channels
            return (scratch, saturatingProduct(pixels, spread.kernel.count + mix.kernel.count + added))
        case .affine(let scale, let shift):
            step.weights = Step.Pair(kernel: append(scale.map { Float($0) }), bias: append(shift.map { Float($0) }))
            return (0, target.count)
        case .pool(let window, _):
            let size = min(window.size.height, source.height) * min(window.size.width, source.width)
            return (0, saturatingProduct(target.count, size))
        case .globalPool: return (source.channels, source.count)
        case .reshape: return (source.count, source.count)
        case .function, .combine, .concatenate: return (0, target.count)
        }
    }

    private func saturatingProduct(_ sizes: Int...) -> Int { Limits.product(sizes, limit: Limits.operations) ?? .max }

    /// Appends at a cache line.
    private mutating func append(_ values: [Float]) -> Int {
        let offset = weights.count
        weights += values
        weights += repeatElement(0, count: Self.aligned(weights.count) - weights.count)
        return offset
    }

    private mutating func pack(_ filter: Program.Filter, outputs: Int) throws(InferenceError) -> Step.Pair {
        let kernel = append(try packed(filter.kernel, outputs: outputs))
        return Step.Pair(kernel: kernel, bias: append(try packed(filter.bias, outputs: outputs)))
    }

    /// `[..., out]` in panels of 16 outputs, each `[...][16]`, a half panel twice, as the kernels read them (`CK_PANEL`).
    ///
    /// A single output takes sixteen times its own size, so what comes out is bounded once more.
    private func packed(_ kernel: [Float], outputs: Int) throws(InferenceError) -> [Float] {
        let (panel, depth) = (Kernels.panel, kernel.count / outputs)
        let panels = (outputs + panel - 1) / panel
        let count = panels * depth * panel
        guard weights.count + count <= Limits.arenaElements else {
            throw InferenceError(.tooLarge, "the kernels need more than \(Limits.arenaElements) weights")
        }
        var packed = [Float](repeating: 0, count: count)
        for index in 0..<depth {
            for output in 0..<outputs {
                let place = ((output / panel) * depth + index) * panel + output % panel
                packed[place] = kernel[index * outputs + output]
                let isInHalfPanel = outputs - output / panel * panel <= panel / 2
                if isInHalfPanel { packed[place + panel / 2] = kernel[index * outputs + output] }
            }
        }
        return packed
    }

    /// Pixels of one strip of a separable convolution.
    private static let stripPixels = 400

    /// Rounded up to a cache line of floats.
    static func aligned(_ count: Int) -> Int { (count + 15) & ~15 }
}
