#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Neural network kernels on float32 images in height, width, channel order.
///
/// Every output is one chain of fused multiply-adds in a fixed order (kernel row, kernel column, input channel),
/// whatever the vector width. So the portable, AVX2 and AVX-512 kernels give the same bits, and so does any batch or
/// thread count. Pitches, steps and offsets count floats. Buffers never overlap unless a field says so.

/// The instruction sets a kernel was compiled for, slowest first.
enum ck_level { CK_PORTABLE = 0, CK_AVX2 = 1, CK_AVX512 = 2 };

/// The best level of this processor.
int ck_best_level(void);
/// The level in use; the best one until `ck_use_level`.
int ck_level_in_use(void);
/// Switches to a level of at most `ck_best_level()`; for tests, which compare levels. False: not available.
bool ck_use_level(int level);
const char *ck_level_name(int level);

/// Output channels are packed in panels of this many. A last panel of at most half as many holds them twice, the second
/// time from CK_PANEL / 2 on, so that one vector serves two pixels; other gaps are zero.
#define CK_PANEL 16

/// A rectangle of rows: `pitch` floats from one row to the next.
typedef struct { const float *data; ptrdiff_t pitch; } ck_source;
typedef struct { float *data; ptrdiff_t pitch; } ck_target;

/// Bounds of the fused activation: ReLU is (0, inf), ReLU6 (0, 6), none (-inf, inf).
typedef struct { float low, high; } ck_clamp;

/// The window of a convolution or pooling.
typedef struct {
    int height, width;
    /// From one kernel row, and one kernel column, to the next, in the input.
    ptrdiff_t row_offset, column_offset;
    /// From one output row, and one output column, to the next, in the input.
    ptrdiff_t row_step, column_step;
} ck_window;

/// One summand of a convolution. `source` is the first window's first value; all windows lie inside the buffer.
/// `weights` holds ceil(out_channels / CK_PANEL) panels of [window.height * window.width * in_channels][CK_PANEL].
typedef struct {
    ck_source source;
    ck_window window;
    const float *weights;
    int in_channels;
} ck_term;

/// target = clamp(bias + terms[0] + ... + residual): a convolution, alone or with the shortcut of a residual block.
///
/// With a 1x1 window it is a matrix product. `bias` holds a multiple of CK_PANEL; it and the weights are padded with
/// zeros.
typedef struct {
    ck_term terms[2];
    ck_target target;
    ck_source residual; ///< data NULL: none
    const float *bias;
    int term_count, rows, columns, out_channels;
    ck_clamp clamp;
} ck_convolution;
void ck_convolve(const ck_convolution *job);

/// Depthwise convolution of padded input; `weights` is [window.height][window.width][channels].
typedef struct {
    ck_source source;
    ck_target target;
    ck_window window;
    const float *weights, *bias;
    int rows, columns, channels;
    ck_clamp clamp;
} ck_depthwise;
void ck_convolve_depthwise(const ck_depthwise *job);

/// Maximum or mean of windows clipped to the image; the mean divides by the number of values inside.
typedef struct {
    ck_source source; ///< the image's first value, not the window's
    ck_target target;
    int source_rows, source_columns;
    int rows, columns, channels;
    int window_rows, window_columns, stride_rows, stride_columns, pad_top, pad_left;
    bool mean;
    ck_clamp clamp;
} ck_pool;
void ck_pool_windows(const ck_pool *job);

/// The mean or maximum of each channel: row sums first, then their sum.
/// `scratch` holds `channels` floats.
void ck_pool_all(ck_source source, int rows, int columns, int channels, bool mean, float *scratch, float *target);

/// target = clamp(source * scale + shift), channel by channel; may work in place.
void ck_affine(
    ck_source source, ck_target target, int rows, int columns, int channels, const float *scale, const float *shift,
    ck_clamp clamp);

/// One operand of `ck_combine`; a step of 0 broadcasts that axis.
typedef struct { const float *data; ptrdiff_t row_step, column_step, channel_step; } ck_operand;
/// target = clamp(left + right), or left * right; may work in place.
void ck_combine(
    ck_operand left, ck_operand right, ck_target target, int rows, int columns, int channels, bool multiply,
    ck_clamp clamp);

/// Copies `rows` rows of `columns` pixels of `channels` values; pixels lie `source_step` and `target_step` apart.
void ck_copy(
    ck_source source, int source_step, ck_target target, int target_step, int rows, int columns, int channels);
/// Zeroes the frame around a `rows` x `row_length` rectangle; `data` is its first value, `pitch` the full row.
void ck_zero_frame(
    float *data, ptrdiff_t pitch, int rows, int row_length, int top, int bottom, int left_length, int right_length);

/// Activations computed value by value; all in double precision with our own exponential, so that a libm update
/// cannot change a recorded prediction.
enum ck_function { CK_SIGMOID, CK_TANH, CK_SILU, CK_HARD_SIGMOID, CK_HARD_SILU, CK_ELU, CK_LEAKY_RELU };
/// In place; `parameter` is the slope of CK_LEAKY_RELU and the alpha of CK_ELU.
void ck_apply(int function, float parameter, float *values, ptrdiff_t count);
/// Softmax over each run of `channels` values, in place.
void ck_softmax(float *values, ptrdiff_t runs, int channels);
/// True when no value is infinite or not a number.
bool ck_all_finite(const float *values, ptrdiff_t count);
