import CKernels
import Foundation
import Testing

@Suite struct `The activations` {
    private func apply(_ function: ck_function, _ values: [Float]) -> [Float] {
        var result = values
        ck_apply(Int32(function.rawValue), 0, &result, result.count)
        return result
    }

    @Test func `sigmoid agrees with libm to the last bit or the next`() {
        let inputs = stride(from: Float(-100), through: 100, by: 0.037).map(\.self)
        for (x, y) in zip(inputs, apply(CK_SIGMOID, inputs)) {
            let exact = Float(1 / (1 + exp(-Double(x))))
            #expect(abs(y - exact) <= exact.ulp)
        }
    }

    @Test func `saturate instead of overflowing`() {
        let extremes: [Float] = [-.greatestFiniteMagnitude, .greatestFiniteMagnitude, -.infinity, .infinity]
        #expect(apply(CK_SIGMOID, extremes) == [0, 1, 0, 1])
        #expect(apply(CK_TANH, extremes) == [-1, 1, -1, 1])
        #expect(apply(CK_SIGMOID, [.nan])[0].isNaN)
    }

    @Test func `softmax sums to one, also for large values`() {
        var values: [Float] = [1000, 999, 998, -1000, -1000, -1000]
        ck_softmax(&values, 2, 3)
        #expect(abs(values[0] - 0.665241) < 1e-6)
        #expect(values[3...].allSatisfy { abs($0 - 1 / 3) < 1e-7 })
    }

    @Test func `finite means neither infinite nor NaN`() {
        #expect(ck_all_finite([1, -.greatestFiniteMagnitude, 0], 3))
        #expect(!ck_all_finite([1, .infinity], 2) && !ck_all_finite([.nan], 1))
    }
}
