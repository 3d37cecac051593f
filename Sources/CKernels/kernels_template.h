// The kernels, compiled once for each instruction set: the including file defines
//   CK_TARGET       the function attribute naming the instruction set, or nothing
//   CK_NAME(x)      x with the suffix of the instruction set
//   CK_TILE_1..4    pixels of a register tile that is 1..4 panels wide
//   CK_TILE_0H, 1H  pixels of one that is half a panel, or one and a half, wide
//   CK_PAIRED       1 where a vector holds a whole panel, so that half panels of two pixels share one
//   CK_WIDEST       panels of the widest tile for images; single pixels always take up to four
//   CK_AHEAD        channels between a weight's prefetch and its use
//   CK_STRIP        pixels a depthwise convolution computes side by side
// A tile's sums stay in registers: 24 of 32 with AVX-512, 12 of 16 (a panel is two registers) with AVX2.
#include "CKernels.h"
#include "table.h"

// Only the fused multiply-adds written below, in every build: contraction would change bits between instruction sets.
#pragma STDC FP_CONTRACT OFF

typedef float lanes16 __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef float lanes8 __attribute__((ext_vector_type(8), aligned(4), may_alias));
typedef float lanes1 __attribute__((ext_vector_type(1), aligned(4), may_alias));

#define CK_INLINE static inline __attribute__((always_inline)) CK_TARGET
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define CK_MAX(a, b) ((a) > (b) ? (a) : (b))
#define CK_MIN(a, b) ((a) < (b) ? (a) : (b))
#define CK_CLAMP(x, c) CK_MIN(CK_MAX(x, (c).low), (c).high)

// Stores the first `count` of a panel's sums, with residual and clamp.
#define CK_FINISH(LANES, VALUE, OUT, RESIDUAL, CLAMP) do { \
    LANES value_ = (VALUE); \
    if (RESIDUAL) value_ += *(const LANES *)(RESIDUAL); \
    LANES low_ = (LANES)(CLAMP).low, high_ = (LANES)(CLAMP).high; \
    value_ = value_ > low_ ? value_ : low_; \
    value_ = value_ < high_ ? value_ : high_; \
    *(LANES *)(OUT) = value_; \
} while (0)

/// One register tile: `pixels` neighbours in a row, from `first_pixel` on, by `panels` panels. The last two arguments
/// are constants after inlining.
CK_INLINE void CK_NAME(tile)(
    const ck_convolution *job, int row, int first_pixel, int first_panel, const int pixels, const int panels,
    const int half
) {
    // Constants, not variable lengths, so that they become registers.
    lanes16 sums[16][4], pairs[8];
    lanes8 halves[16];
    CK_UNROLL for (int i = 0; i < pixels; i++)
        CK_UNROLL for (int p = 0; p < panels; p++)
            sums[i][p] = *(const lanes16 *)(job->bias + (first_panel + p) * CK_PANEL);
    if (half)
        CK_UNROLL for (int i = 0; i < pixels; i++) {
            const float *bias = job->bias + (first_panel + panels) * CK_PANEL;
            if (CK_PAIRED) pairs[i / 2] = *(const lanes16 *)bias;
            else halves[i] = *(const lanes8 *)bias;
        }
    for (int t = 0; t < job->term_count; t++) {
        const ck_term *term = &job->terms[t];
        const ck_window window = term->window;
        const ptrdiff_t depth = (ptrdiff_t)window.height * window.width * term->in_channels, step = window.column_step;
        // Without dilation the pixels of one kernel row are contiguous in the input: one run, not one for each
        // column.
        const bool contiguous = window.column_offset == term->in_channels;
        const int runs = contiguous ? 1 : window.width;
        const ptrdiff_t run_length = contiguous ? (ptrdiff_t)window.width * term->in_channels : term->in_channels;
        const float *source = term->source.data + row * window.row_step + first_pixel * step;
        const float *weights = term->weights + first_panel * depth * CK_PANEL;
        for (int line = 0; line < window.height; line++)
            for (int run = 0; run < runs; run++) {
                const float *x = source + line * window.row_offset + run * window.column_offset;
                for (ptrdiff_t k = 0; k < run_length; k++) {
                    lanes16 w[4];
                    CK_UNROLL for (int p = 0; p < panels; p++) {
                        w[p] = *(const lanes16 *)(weights + p * depth * CK_PANEL);
                        // A model's weights rarely stay in the near caches from one image to the next.
                        __builtin_prefetch(weights + (p * depth + CK_AHEAD) * CK_PANEL);
                    }
                    // A half panel holds its channels twice: one vector for two neighbours, where a vector is a panel.
                    const lanes16 twice = *(const lanes16 *)(weights + (half ? panels * depth * CK_PANEL : 0));
                    lanes16 previous = twice;
                    CK_UNROLL for (int i = 0; i < pixels; i++) {
                        const lanes16 value = (lanes16)x[i * step + k];
                        CK_UNROLL for (int p = 0; p < panels; p++)
                            sums[i][p] = __builtin_elementwise_fma(value, w[p], sums[i][p]);
                        if (half && !CK_PAIRED) {
                            halves[i] = __builtin_elementwise_fma(value.lo, twice.lo, halves[i]);
                        } else if (half && (i % 2 || i + 1 == pixels)) {
                            const lanes16 both = i % 2 ? __builtin_shufflevector(
                                previous, value, 0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31) : value;
                            pairs[i / 2] = __builtin_elementwise_fma(both, twice, pairs[i / 2]);
                        }
                        previous = value;
                    }
                    weights += CK_PANEL;
                }
            }
    }
    const ptrdiff_t channels = job->out_channels, first = first_pixel * channels + first_panel * CK_PANEL;
    float *target = job->target.data + row * job->target.pitch + first;
    const float *residual = job->residual.data ? job->residual.data + row * job->residual.pitch + first : NULL;
    CK_UNROLL for (int p = 0; p < panels; p++) {
        const int left = job->out_channels - (first_panel + p) * CK_PANEL;
        CK_UNROLL for (int i = 0; i < pixels; i++) {
            float *out = target + i * channels + p * CK_PANEL;
            const float *add = residual ? residual + i * channels + p * CK_PANEL : NULL;
            const lanes16 sum = sums[i][p];
            if (left >= CK_PANEL) {
                CK_FINISH(lanes16, sum, out, add, job->clamp);
            } else {
                float rest[CK_PANEL];
                *(lanes16 *)rest = sum;
                for (int c = 0; c < left; c++) CK_FINISH(lanes1, rest[c], out + c, add ? add + c : NULL, job->clamp);
            }
        }
    }
    if (!half) return;
    const int left = job->out_channels - (first_panel + panels) * CK_PANEL;
    CK_UNROLL for (int i = 0; i < pixels; i++) {
        float *out = target + i * channels + panels * CK_PANEL;
        const float *add = residual ? residual + i * channels + panels * CK_PANEL : NULL;
        const lanes8 sum = !CK_PAIRED ? halves[i] : i % 2 ? pairs[i / 2].hi : pairs[i / 2].lo;
        if (left == 8) {
            CK_FINISH(lanes8, sum, out, add, job->clamp);
        } else {
            float rest[8];
            *(lanes8 *)rest = sum;
            for (int c = 0; c < left; c++) CK_FINISH(lanes1, rest[c], out + c, add ? add + c : NULL, job->clamp);
        }
    }
}

// A row in tiles of nearly equal size: 10 pixels in tiles of at most 8 are 5 + 5, not 8 + 2.
#define CK_TILE_CASE(KIND, PIXELS, PANELS, HALF) \
    case PIXELS: if (PIXELS <= CK_TILE_##KIND) CK_NAME(tile)(job, row, x, panel, PIXELS, PANELS, HALF); break;
#define CK_ROW_OF_TILES(KIND, PANELS, HALF) \
    CK_TARGET __attribute__((noinline)) static void CK_NAME(row_##KIND)( \
        const ck_convolution *job, int row, int columns, int panel \
    ) { \
        for (int x = 0, pixels; x < columns; x += pixels) { \
            const int left = columns - x, tiles = (left + CK_TILE_##KIND - 1) / CK_TILE_##KIND; \
            pixels = (left + tiles - 1) / tiles; \
            switch (pixels) { \
                CK_TILE_CASE(KIND, 1, PANELS, HALF) CK_TILE_CASE(KIND, 2, PANELS, HALF) \
                CK_TILE_CASE(KIND, 3, PANELS, HALF) CK_TILE_CASE(KIND, 4, PANELS, HALF) \
                CK_TILE_CASE(KIND, 5, PANELS, HALF) CK_TILE_CASE(KIND, 6, PANELS, HALF) \
                CK_TILE_CASE(KIND, 7, PANELS, HALF) CK_TILE_CASE(KIND, 8, PANELS, HALF) \
                CK_TILE_CASE(KIND, 9, PANELS, HALF) CK_TILE_CASE(KIND, 10, PANELS, HALF) \
                CK_TILE_CASE(KIND, 11, PANELS, HALF) CK_TILE_CASE(KIND, 12, PANELS, HALF) \
                CK_TILE_CASE(KIND, 13, PANELS, HALF) CK_TILE_CASE(KIND, 14, PANELS, HALF) \
                CK_TILE_CASE(KIND, 15, PANELS, HALF) CK_TILE_CASE(KIND, 16, PANELS, HALF) \
            } \
        } \
    }
CK_ROW_OF_TILES(1, 1, 0)
CK_ROW_OF_TILES(2, 2, 0)
CK_ROW_OF_TILES(3, 3, 0)
CK_ROW_OF_TILES(4, 4, 0)
CK_ROW_OF_TILES(0H, 0, 1)
CK_ROW_OF_TILES(1H, 1, 1)

CK_TARGET static void CK_NAME(convolve)(const ck_convolution *job) {
    const int rest = job->out_channels % CK_PANEL;
    const bool half = rest > 0 && rest <= CK_PANEL / 2;
    const int panels = job->out_channels / CK_PANEL + (rest > 0 && !half);
    // The half panel goes with the last whole one, if there is one.
    const int joined = half && panels > 0;
    int rows = job->rows, columns = job->columns;
    // Pixel by pixel and without gaps, the image is one long row: better tiles, fewer tails.
    const ptrdiff_t length = (ptrdiff_t)columns * job->out_channels;
    bool gapless = job->target.pitch == length && (!job->residual.data || job->residual.pitch == length);
    for (int t = 0; t < job->term_count; t++)
        gapless &= job->terms[t].window.row_step == columns * job->terms[t].window.column_step;
    if (gapless) {
        columns *= rows;
        rows = 1;
    }
    for (int panel = 0; panel < panels - joined;) {
        const int left = panels - joined - panel, widest = columns < CK_TILE_1 ? 4 : CK_WIDEST;
        const int width = widest == 4 && (left == 5 || left == 6) ? 3 : CK_MIN(left, widest);
        for (int row = 0; row < rows; row++)
            switch (width) {
            case 1: CK_NAME(row_1)(job, row, columns, panel); break;
            case 2: CK_NAME(row_2)(job, row, columns, panel); break;
            case 3: CK_NAME(row_3)(job, row, columns, panel); break;
            default: CK_NAME(row_4)(job, row, columns, panel);
            }
        panel += width;
    }
    if (!half) return;
    for (int row = 0; row < rows; row++)
        if (joined) CK_NAME(row_1H)(job, row, columns, panels - 1);
        else CK_NAME(row_0H)(job, row, columns, 0);
}

/// `pixels` neighbours of one row, one vector of channels. `REUSE`: three columns wide with steps of one pixel, so
/// that neighbours share what they load.
#define CK_STRIP_OF(NAME, LANES, REUSE) \
    CK_INLINE void CK_NAME(NAME)( \
        const ck_depthwise *job, const float *source, float *target, int channel, const int pixels \
    ) { \
        const ptrdiff_t channels = job->channels, step = job->window.column_step; \
        const float *weights = job->weights + channel; \
        LANES sums[8]; \
        CK_UNROLL for (int i = 0; i < pixels; i++) sums[i] = *(const LANES *)(job->bias + channel); \
        for (int line = 0; line < job->window.height; line++) { \
            const float *x = source + line * job->window.row_offset + channel; \
            if (REUSE) { \
                LANES values[10]; \
                CK_UNROLL for (int i = 0; i < pixels + 2; i++) values[i] = *(const LANES *)(x + i * step); \
                CK_UNROLL for (int column = 0; column < 3; column++, weights += channels) { \
                    const LANES w = *(const LANES *)weights; \
                    CK_UNROLL for (int i = 0; i < pixels; i++) \
                        sums[i] = __builtin_elementwise_fma(values[i + column], w, sums[i]); \
                } \
            } else { \
                for (int column = 0; column < job->window.width; column++, weights += channels) { \
                    const LANES w = *(const LANES *)weights; \
                    CK_UNROLL for (int i = 0; i < pixels; i++) \
                        sums[i] = __builtin_elementwise_fma(*(const LANES *)(x + i * step), w, sums[i]); \
                    x += job->window.column_offset; \
                } \
            } \
        } \
        CK_UNROLL for (int i = 0; i < pixels; i++) \
            CK_FINISH(LANES, sums[i], target + i * channels + channel, (const float *)NULL, job->clamp); \
    }
#define CK_STRIPS_OF(STRIP, PIXELS) \
    for (; x + (PIXELS) <= job->columns; x += (PIXELS)) \
        CK_NAME(STRIP)(job, source + x * step, target + x * channels, channel, PIXELS);
#define CK_DEPTHWISE(LANES) \
    CK_STRIP_OF(strip_##LANES, LANES, 0) \
    CK_STRIP_OF(strip3_##LANES, LANES, 1) \
    CK_TARGET static void CK_NAME(strips_##LANES)( \
        const ck_depthwise *job, const float *source, float *target, int channel \
    ) { \
        const ptrdiff_t step = job->window.column_step, channels = job->channels; \
        int x = 0; \
        if (job->window.width == 3 && job->window.column_offset == step) { \
            CK_STRIPS_OF(strip3_##LANES, CK_STRIP) CK_STRIPS_OF(strip3_##LANES, 2) \
            CK_STRIPS_OF(strip3_##LANES, 1) \
        } else { \
            CK_STRIPS_OF(strip_##LANES, CK_STRIP) CK_STRIPS_OF(strip_##LANES, 2) \
            CK_STRIPS_OF(strip_##LANES, 1) \
        } \
    }
CK_DEPTHWISE(lanes16)
CK_DEPTHWISE(lanes8)
CK_DEPTHWISE(lanes1)

CK_TARGET static void CK_NAME(convolve_depthwise)(const ck_depthwise *job) {
    for (int y = 0; y < job->rows; y++) {
        const float *source = job->source.data + y * job->window.row_step;
        float *target = job->target.data + y * job->target.pitch;
        int channel = 0;
        for (; channel + 16 <= job->channels; channel += 16) CK_NAME(strips_lanes16)(job, source, target, channel);
        for (; channel + 8 <= job->channels; channel += 8) CK_NAME(strips_lanes8)(job, source, target, channel);
        for (; channel < job->channels; channel++) CK_NAME(strips_lanes1)(job, source, target, channel);
    }
}

CK_TARGET static void CK_NAME(pool_windows)(const ck_pool *job) {
    const int channels = job->channels;
    for (int y = 0; y < job->rows; y++)
        for (int x = 0; x < job->columns; x++) {
            const int top = y * job->stride_rows - job->pad_top, left = x * job->stride_columns - job->pad_left;
            const int y0 = CK_MAX(top, 0), y1 = CK_MIN(top + job->window_rows, job->source_rows);
            const int x0 = CK_MAX(left, 0), x1 = CK_MIN(left + job->window_columns, job->source_columns);
            float *restrict out = job->target.data + y * job->target.pitch + x * (ptrdiff_t)channels;
            const float *corner = job->source.data + y0 * job->source.pitch + x0 * (ptrdiff_t)channels;
            for (int c = 0; c < channels; c++) out[c] = corner[c];
            for (int v = y0; v < y1; v++)
                for (int u = x0 + (v == y0); u < x1; u++) {
                    const float *in = job->source.data + v * job->source.pitch + u * (ptrdiff_t)channels;
                    if (job->mean)
                        for (int c = 0; c < channels; c++) out[c] += in[c];
                    else
                        for (int c = 0; c < channels; c++) out[c] = CK_MAX(out[c], in[c]);
                }
            const float count = job->mean ? (float)(y1 - y0) * (float)(x1 - x0) : 1;
            for (int c = 0; c < channels; c++) out[c] = CK_CLAMP(out[c] / count, job->clamp);
        }
}

CK_TARGET static void CK_NAME(pool_all)(
    ck_source source, int rows, int columns, int channels, bool mean, float *restrict scratch, float *restrict target
) {
    for (int c = 0; c < channels; c++) target[c] = mean ? 0 : source.data[c];
    for (int y = 0; y < rows; y++) {
        const float *row = source.data + y * source.pitch;
        for (int c = 0; c < channels; c++) scratch[c] = row[c];
        for (int x = 1; x < columns; x++) {
            const float *in = row + x * (ptrdiff_t)channels;
            if (mean)
                for (int c = 0; c < channels; c++) scratch[c] += in[c];
            else
                for (int c = 0; c < channels; c++) scratch[c] = CK_MAX(scratch[c], in[c]);
        }
        if (mean)
            for (int c = 0; c < channels; c++) target[c] += scratch[c];
        else
            for (int c = 0; c < channels; c++) target[c] = CK_MAX(target[c], scratch[c]);
    }
    const float count = mean ? (float)rows * (float)columns : 1;
    for (int c = 0; c < channels; c++) target[c] /= count;
}

CK_TARGET static void CK_NAME(affine)(
    ck_source source, ck_target target, int rows, int columns, int channels, const float *scale, const float *shift,
    ck_clamp clamp
) {
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const float *in = source.data + y * source.pitch + x * (ptrdiff_t)channels;
            float *out = target.data + y * target.pitch + x * (ptrdiff_t)channels;
            for (int c = 0; c < channels; c++) {
                const float value = __builtin_fmaf(in[c], scale[c], shift[c]);
                out[c] = CK_CLAMP(value, clamp);
            }
        }
}

CK_TARGET static void CK_NAME(combine)(
    ck_operand left, ck_operand right, ck_target target, int rows, int columns, int channels, bool multiply,
    ck_clamp clamp
) {
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const float *a = left.data + y * left.row_step + x * left.column_step;
            const float *b = right.data + y * right.row_step + x * right.column_step;
            float *out = target.data + y * target.pitch + x * (ptrdiff_t)channels;
            if (left.channel_step == 1 && right.channel_step == 1) {
                if (multiply)
                    for (int c = 0; c < channels; c++) out[c] = CK_CLAMP(a[c] * b[c], clamp);
                else
                    for (int c = 0; c < channels; c++) out[c] = CK_CLAMP(a[c] + b[c], clamp);
            } else {
                for (int c = 0; c < channels; c++) {
                    const float u = a[c * left.channel_step], v = b[c * right.channel_step];
                    out[c] = multiply ? CK_CLAMP(u * v, clamp) : CK_CLAMP(u + v, clamp);
                }
            }
        }
}

const struct ck_table CK_NAME(ck_table) = {
    CK_NAME(convolve), CK_NAME(convolve_depthwise), CK_NAME(pool_windows),
    CK_NAME(pool_all), CK_NAME(affine), CK_NAME(combine),
};
