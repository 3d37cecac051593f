import CKernels

/// Runs a plan on one image, in one arena, on the calling thread.
struct Executor {
    let plan: Plan
    private let weightMemory: AlignedFloats
    private let arenaMemory: AlignedFloats

    init(_ plan: Plan, weights: AlignedFloats, arena: AlignedFloats) {
        (self.plan, weightMemory, arenaMemory) = (plan, weights, arena)
    }

    var weights: UnsafePointer<Float> { unsafe UnsafePointer(weightMemory.base) }
    var arena: UnsafeMutablePointer<Float> { unsafe arenaMemory.base }

    /// Computes the answer for one image of the model's shape.
    func run(_ image: [Float]) -> [Float] {
        let (shape, region) = (plan.input.shape, plan.input)
        let row = shape.width * shape.channels
        unsafe image.withUnsafeBufferPointer { pixels in
            unsafe ck_copy(
                ck_source(data: pixels.baseAddress, pitch: row), Int32(shape.channels), target(region),
                Int32(shape.channels), Int32(shape.height), Int32(shape.width), Int32(shape.channels))
        }
        zeroFrame(region)
        for step in plan.steps {
            execute(step)
            zeroFrame(step.output)
        }
        let output = plan.output
        return unsafe Array(UnsafeBufferPointer(start: arena + output.offset, count: output.shape.count))
    }

    private func execute(_ step: Plan.Step) {
        let (input, shape) = (step.inputs[0], step.output.shape)
        switch step.operation.kind {
        case .convolution(let filter): convolve(step, filter)
        case .depthwise(let filter): spread(step, filter)
        case .separable(let filter, let clamp, _): separable(step, filter, clamp ?? .none)
        case .affine:
            unsafe ck_affine(
                source(input), target(step.output), Int32(shape.height), Int32(shape.width), Int32(shape.channels),
                weights + step.weights.kernel, weights + step.weights.bias, step.clamp)
        case .function(let function): apply(function, step)
        case .pool(let window, let mean): pool(step, window, mean: mean)
        case .globalPool(let mean):
            unsafe ck_pool_all(
                source(input), Int32(input.shape.height), Int32(input.shape.width), Int32(input.shape.channels), mean,
                arena + plan.scratch, arena + step.output.offset)
        case .reshape: reshape(step)
        case .combine(let multiply):
            unsafe ck_combine(
                operand(input, in: shape), operand(step.inputs[1], in: shape), target(step.output),
                Int32(shape.height), Int32(shape.width), Int32(shape.channels), multiply, step.clamp)
        case .concatenate: concatenate(step)
        }
    }

    // MARK: Memory

    func source(_ region: Plan.Region) -> ck_source {
        unsafe ck_source(data: arena + region.offset, pitch: region.pitch)
    }

    func target(_ region: Plan.Region) -> ck_target {
        unsafe ck_target(data: arena + region.offset, pitch: region.pitch)
    }

    private func zeroFrame(_ region: Plan.Region) {
        guard !region.frame.isZero else { return }
        let (shape, frame) = (region.shape, region.frame)
        unsafe ck_zero_frame(
            arena + region.offset, region.pitch, Int32(shape.height), Int32(shape.width * shape.channels),
            Int32(frame.top), Int32(frame.bottom), Int32(frame.left * shape.channels),
            Int32(frame.right * shape.channels))
    }
}

extension Plan.Step {
    /// The fused activation, for the kernels.
    var clamp: ck_clamp {
        let clamp = operation.clamp ?? .none
        return ck_clamp(low: clamp.low, high: clamp.high)
    }
}
