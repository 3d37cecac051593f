// What needs no vector unit: copies, and the activations of a model's head.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

void ck_copy(
    ck_source source, int source_step, ck_target target, int target_step, int rows, int columns, int channels
) {
    for (int y = 0; y < rows; y++) {
        const float *in = source.data + y * source.pitch;
        float *out = target.data + y * target.pitch;
        if (source_step == channels && target_step == channels)
            memcpy(out, in, sizeof(float) * (size_t)columns * (size_t)channels);
        else
            for (int x = 0; x < columns; x++)
                memcpy(
                    out + x * (ptrdiff_t)target_step, in + x * (ptrdiff_t)source_step,
                    sizeof(float) * (size_t)channels);
    }
}

void ck_zero_frame(
    float *data, ptrdiff_t pitch, int rows, int row_length, int top, int bottom, int left_length, int right_length
) {
    const size_t side = (size_t)(left_length + right_length), whole = (size_t)row_length + side;
    float *first = data - left_length;
    for (int y = -top; y < 0; y++) memset(first + y * pitch, 0, sizeof(float) * whole);
    for (int y = rows; y < rows + bottom; y++) memset(first + y * pitch, 0, sizeof(float) * whole);
    if (side == 0) return;
    for (int y = 0; y < rows; y++) {
        memset(first + y * pitch, 0, sizeof(float) * (size_t)left_length);
        memset(data + y * pitch + row_length, 0, sizeof(float) * (size_t)right_length);
    }
}

/// e to the x within 2 ulp: x = k ln 2 + r with |r| <= ln 2 / 2, then a Taylor polynomial of degree 13 for e to the r
/// (remainder below 2^-57) and an exact scaling by 2 to the k. Saturates beyond +-700; NaN stays NaN.
static double exponential(double x) {
    if (x != x) return x;
    x = x > 700 ? 700 : x < -700 ? -700 : x;
    // Adding 1.5 * 2^52 rounds to the nearest integer in every rounding-to-nearest double unit.
    const double shifter = 0x1.8p52, k = (x * 0x1.71547652b82fep0 + shifter) - shifter;
    const double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    static const double inverse_factorials[] = {
        1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
        1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1,
    };
    double sum = 0;
    for (size_t i = 0; i < sizeof inverse_factorials / sizeof *inverse_factorials; i++)
        sum = sum * r + inverse_factorials[i];
    const uint64_t bits = (uint64_t)((int64_t)k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

static double sigmoid(double x) {
    // The form whose exponential is at most 1 keeps its precision on both sides.
    const double e = exponential(x < 0 ? x : -x);
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

static double hard_sigmoid(double x) {
    const double y = x / 6 + 0.5;
    return y < 0 ? 0 : y > 1 ? 1 : y;
}

static double apply(int function, double parameter, double x) {
    switch (function) {
    case CK_SIGMOID: return sigmoid(x);
    case CK_TANH: return 2 * sigmoid(2 * x) - 1;
    case CK_SILU: return x * sigmoid(x);
    case CK_HARD_SIGMOID: return hard_sigmoid(x);
    case CK_HARD_SILU: return x * hard_sigmoid(x);
    case CK_ELU: return x > 0 ? x : parameter * (exponential(x) - 1);
    default: return x > 0 ? x : parameter * x;
    }
}

void ck_apply(int function, float parameter, float *values, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) values[i] = (float)apply(function, parameter, values[i]);
}

void ck_softmax(float *values, ptrdiff_t runs, int channels) {
    for (ptrdiff_t run = 0; run < runs; run++, values += channels) {
        double largest = values[0], total = 0;
        for (int c = 1; c < channels; c++) largest = values[c] > largest ? values[c] : largest;
        for (int c = 0; c < channels; c++) total += exponential((double)values[c] - largest);
        for (int c = 0; c < channels; c++) values[c] = (float)(exponential((double)values[c] - largest) / total);
    }
}

bool ck_all_finite(const float *values, ptrdiff_t count) {
    bool finite = true;
    for (ptrdiff_t i = 0; i < count; i++) finite &= isfinite(values[i]) != 0;
    return finite;
}
