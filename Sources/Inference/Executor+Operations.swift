import CKernels

/// One method for each operation: Swift sizes in, one kernel call out.
extension Executor {
    func convolve(_ step: Plan.Step, _ filter: Program.Filter) {
        var job = unsafe convolution(step, bias: step.weights.bias)
        unsafe job.terms.0 = term(step.inputs[0], filter.window, weights: step.weights.kernel)
        unsafe ck_convolve(&job)
    }

    func spread(_ step: Plan.Step, _ filter: Program.Filter) {
        var job = unsafe depthwise(step, filter, clamp: step.clamp)
        unsafe job.target = target(step.output)
        unsafe job.rows = Int32(step.output.shape.height)
        unsafe ck_convolve_depthwise(&job)
    }

    /// Strip by strip: the depthwise result of a few rows, then its pointwise convolution while it is in the cache.
    func separable(_ step: Plan.Step, _ filter: Program.Filter, _ clamp: Program.Clamp) {
        let (channels, width) = (step.inputs[0].shape.channels, step.output.shape.width)
        let pitch = width * channels
        var first = unsafe depthwise(step, filter, clamp: ck_clamp(low: clamp.low, high: clamp.high))
        unsafe first.target = ck_target(data: arena + plan.scratch, pitch: pitch)
        var second = unsafe convolution(step, bias: step.mixWeights.bias)
        unsafe second.terms.0 = ck_term(
            source: ck_source(data: arena + plan.scratch, pitch: pitch),
            window: window(Window(size: .one), pitch: pitch, channels: channels),
            weights: weights + step.mixWeights.kernel, in_channels: Int32(channels))
        for row in stride(from: 0, to: step.output.shape.height, by: step.stripRows) {
            let rows = min(step.stripRows, step.output.shape.height - row)
            unsafe (first.rows, second.rows) = (Int32(rows), Int32(rows))
            unsafe ck_convolve_depthwise(&first)
            unsafe ck_convolve(&second)
            unsafe first.source.data += rows * first.window.row_step
            unsafe second.target.data += rows * second.target.pitch
            if step.residual != nil { unsafe second.residual.data += rows * second.residual.pitch }
            if step.shortcut != nil { unsafe second.terms.1.source.data += rows * second.terms.1.window.row_step }
        }
    }

    func pool(_ step: Plan.Step, _ window: Window, mean: Bool) {
        let (input, output) = (step.inputs[0].shape, step.output.shape)
        var job = unsafe ck_pool(
            source: source(step.inputs[0]), target: target(step.output), source_rows: Int32(input.height),
            source_columns: Int32(input.width), rows: Int32(output.height), columns: Int32(output.width),
            channels: Int32(input.channels), window_rows: Int32(window.size.height),
            window_columns: Int32(window.size.width), stride_rows: Int32(window.stride.height),
            stride_columns: Int32(window.stride.width), pad_top: Int32(window.padding.top),
            pad_left: Int32(window.padding.left), mean: mean, clamp: step.clamp)
        unsafe ck_pool_windows(&job)
    }

    func apply(_ function: Activation, _ step: Plan.Step) {
        let (shape, output) = (step.output.shape, step.output)
        unsafe ck_copy(
            source(step.inputs[0]), Int32(shape.channels), target(output), Int32(shape.channels), Int32(shape.height),
            Int32(shape.width), Int32(shape.channels))
        for row in 0..<shape.height {
            let values = unsafe arena + output.offset + row * output.pitch
            let count = shape.width * shape.channels
            func each(_ function: ck_function, _ parameter: Float = 0) {
                unsafe ck_apply(Int32(function.rawValue), parameter, values, count)
            }
            switch function {
            case .clamp: break  // lowered to a clamp of another operation
            case .sigmoid: each(CK_SIGMOID)
            case .tanh: each(CK_TANH)
            case .silu: each(CK_SILU)
            case .hardSigmoid: each(CK_HARD_SIGMOID)
            case .hardSilu: each(CK_HARD_SILU)
            case .elu(let alpha): each(CK_ELU, alpha)
            case .leakyRelu(let slope): each(CK_LEAKY_RELU, slope)
            case .softmax: unsafe ck_softmax(values, shape.width, Int32(shape.channels))
            }
        }
    }

    /// Through both frames: row by row out of the source's, as one run into the intermediate, row by row into the
    /// target's.
    func reshape(_ step: Plan.Step) {
        let (input, output) = (step.inputs[0], step.output)
        let run = unsafe arena + plan.scratch
        let (from, to) = (input.shape.width * input.shape.channels, output.shape.width * output.shape.channels)
        unsafe ck_copy(
            source(input), Int32(from), ck_target(data: run, pitch: from), Int32(from), Int32(input.shape.height), 1,
            Int32(from))
        unsafe ck_copy(
            ck_source(data: run, pitch: to), Int32(to), target(output), Int32(to), Int32(output.shape.height), 1,
            Int32(to))
    }

    func concatenate(_ step: Plan.Step) {
        let channels = Int32(step.output.shape.channels)
        var target = unsafe target(step.output)
        for input in step.inputs {
            let shape = input.shape
            unsafe ck_copy(
                source(input), Int32(shape.channels), target, channels, Int32(shape.height), Int32(shape.width),
                Int32(shape.channels))
            unsafe target.data += shape.channels
        }
    }

    /// An operand of an element-wise operation; an axis of size 1 repeats.
    @unsafe func operand(_ region: Plan.Region, in shape: Shape) -> ck_operand {
        let own = region.shape
        return unsafe ck_operand(
            data: source(region).data, row_step: own.height < shape.height ? 0 : region.pitch,
            column_step: own.width < shape.width ? 0 : own.channels,
            channel_step: own.channels < shape.channels ? 0 : 1)
    }

    // MARK: Parts of jobs

    /// The first window's first value, which may lie in the frame.
    private func windowed(_ region: Plan.Region, _ window: Window) -> ck_source {
        var source = unsafe source(region)
        unsafe source.data -= window.padding.top * region.pitch + window.padding.left * region.shape.channels
        return unsafe source
    }

    private func window(_ window: Window, pitch: Int, channels: Int) -> ck_window {
        ck_window(
            height: Int32(window.size.height), width: Int32(window.size.width),
            row_offset: window.dilation.height * pitch, column_offset: window.dilation.width * channels,
            row_step: window.stride.height * pitch, column_step: window.stride.width * channels)
    }

    private func term(_ input: Plan.Region, _ window: Window, weights offset: Int) -> ck_term {
        unsafe ck_term(
            source: windowed(input, window),
            window: self.window(window, pitch: input.pitch, channels: input.shape.channels),
            weights: weights + offset, in_channels: Int32(input.shape.channels))
    }

    /// All but the first term.
    private func convolution(_ step: Plan.Step, bias: Int) -> ck_convolution {
        let shape = step.output.shape
        var job = unsafe ck_convolution()
        unsafe job.target = target(step.output)
        unsafe job.bias = UnsafePointer(weights + bias)
        unsafe (job.rows, job.columns) = (Int32(shape.height), Int32(shape.width))
        unsafe (job.out_channels, job.term_count) = (Int32(shape.channels), 1)
        unsafe job.clamp = step.clamp
        if let residual = step.residual { unsafe job.residual = source(residual) }
        if let input = step.shortcut, let filter = step.operation.shortcut?.filter {
            unsafe job.terms.1 = term(input, filter.window, weights: step.shortcutWeights)
            unsafe job.term_count = 2
        }
        return unsafe job
    }

    /// All but the target and the number of rows.
    private func depthwise(_ step: Plan.Step, _ filter: Program.Filter, clamp: ck_clamp) -> ck_depthwise {
        let input = step.inputs[0]
        var job = unsafe ck_depthwise()
        unsafe job.source = windowed(input, filter.window)
        unsafe job.window = window(filter.window, pitch: input.pitch, channels: input.shape.channels)
        unsafe (job.weights, job.bias) = (weights + step.weights.kernel, weights + step.weights.bias)
        unsafe (job.columns, job.channels) = (Int32(step.output.shape.width), Int32(input.shape.channels))
        unsafe job.clamp = clamp
        return unsafe job
    }
}
