// Bilinear resizing with antialiasing, bit for bit that of Pillow's Resample.c: two passes, horizontal first, 8 bits
// between them, weights in 22-bit fixed point. A row is squeezed horizontally as it comes and added at once to the
// output rows it belongs to, so that the picture is never held; integer sums do not depend on that order.
#include <math.h>
#include <stdlib.h>

#include "CImageCodecs.h"

#pragma STDC FP_CONTRACT OFF  // the weights must round as Pillow's do

enum { PRECISION = 32 - 8 - 2, HALF = 1 << (PRECISION - 1), LANES = 8 };

/// The input pixels that make one output pixel.
typedef struct {
    uint32_t first, count;  ///< input pixels
    size_t weights;         ///< index of the first weight
} window;

typedef struct {
    window *windows;
    int32_t *weights;
} axis;

typedef void (*squeeze_row)(const cic_resizer *resizer, const uint8_t *from, uint8_t *to);
typedef void (*add_row)(int32_t *sums, const uint8_t *row, int32_t weight, size_t count);

struct cic_resizer {
    uint32_t height, channels, new_width, new_height;
    axis columns, rows;
    squeeze_row squeeze;
    add_row add;
    uint8_t *squeezed;   ///< the current row, new_width * channels
    int32_t *sums;       ///< of the output, new_height * new_width * channels
    uint32_t y;          ///< the next input row
    uint32_t first_open; ///< the first output row that row y may still belong to
};

/// Computes the windows along one axis (precompute_coeffs and normalize_coeffs_8bpc in Pillow).
///
/// Each weight is stored `copies` times in a row, and each window is filled up with zeros to a multiple of `multiple`
/// pixels, for the kernels' sake.
static bool make_axis(axis *axis, uint32_t size, uint32_t new_size, uint32_t copies, uint32_t multiple) {
    double scale = (double)size / new_size, filter_scale = scale < 1 ? 1 : scale;
    double support = filter_scale, step = 1 / filter_scale;  // the triangle filter reaches one filter_scale
    axis->windows = calloc(new_size, sizeof(window));
    if (!axis->windows) return false;
    size_t total = 0;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < new_size; i++) {
        window *w = &axis->windows[i];
        double center = (i + 0.5) * scale, low = center - support + 0.5, high = center + support + 0.5;
        w->first = low < 0 ? 0 : (uint32_t)low;
        w->count = (high > size ? size : (uint32_t)high) - w->first;
        w->weights = total;
        total += ((size_t)w->count + multiple - 1) / multiple * multiple * copies;
        if (w->count > longest) longest = w->count;
    }
    axis->weights = calloc(total, sizeof(int32_t));
    double *exact = calloc(longest, sizeof(double));
    if (!axis->weights || !exact) {
        free(exact);
        return false;
    }
    for (uint32_t i = 0; i < new_size; i++) {
        const window *w = &axis->windows[i];
        double center = (i + 0.5) * scale, sum = 0;
        for (uint32_t x = 0; x < w->count; x++) {
            double distance = fabs(((double)x + w->first - center + 0.5) * step);
            exact[x] = distance < 1 ? 1 - distance : 0;
            sum += exact[x];
        }
        for (uint32_t x = 0; x < w->count; x++) {
            double weight = sum != 0 ? exact[x] / sum : exact[x];
            for (uint32_t c = 0; c < copies; c++)
                axis->weights[w->weights + (size_t)x * copies + c] = (int32_t)(0.5 + weight * (1 << PRECISION));
        }
    }
    free(exact);
    return true;
}

static inline uint8_t clamped(int32_t sum) {
    int32_t value = sum >> PRECISION;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/// Eight pixels at a time, one sum per byte position: weights repeat per channel, so bytes and weights run in step.
static inline __attribute__((always_inline)) void squeeze(const cic_resizer *resizer, const uint8_t *from, uint8_t *to,
                                                          const uint32_t channels) {
    for (uint32_t i = 0; i < resizer->new_width; i++) {
        const window *w = &resizer->columns.windows[i];
        const uint8_t *bytes = from + (size_t)w->first * channels;
        const int32_t *weights = resizer->columns.weights + w->weights;
        int32_t sums[LANES * 3] = {0};
        for (uint32_t x = 0; x < w->count; x += LANES, bytes += LANES * channels, weights += LANES * channels)
            for (uint32_t lane = 0; lane < LANES * channels; lane++) sums[lane] += bytes[lane] * weights[lane];
        for (uint32_t c = 0; c < channels; c++) {
            int32_t sum = HALF;
            for (uint32_t lane = c; lane < LANES * channels; lane += channels) sum += sums[lane];
            to[i * channels + c] = clamped(sum);
        }
    }
}

static inline __attribute__((always_inline)) void add(int32_t *sums, const uint8_t *row, int32_t weight, size_t count) {
    for (size_t i = 0; i < count; i++) sums[i] += row[i] * weight;
}

static void squeeze_gray(const cic_resizer *resizer, const uint8_t *from, uint8_t *to) {
    squeeze(resizer, from, to, 1);
}
static void squeeze_rgb(const cic_resizer *resizer, const uint8_t *from, uint8_t *to) {
    squeeze(resizer, from, to, 3);
}
static void add_portable(int32_t *sums, const uint8_t *row, int32_t weight, size_t count) {
    add(sums, row, weight, count);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))
AVX2 static void squeeze_gray_avx2(const cic_resizer *resizer, const uint8_t *from, uint8_t *to) {
    squeeze(resizer, from, to, 1);
}
AVX2 static void squeeze_rgb_avx2(const cic_resizer *resizer, const uint8_t *from, uint8_t *to) {
    squeeze(resizer, from, to, 3);
}
AVX2 static void add_avx2(int32_t *sums, const uint8_t *row, int32_t weight, size_t count) {
    add(sums, row, weight, count);
}
#endif

cic_resizer *cic_resizer_create(uint32_t width, uint32_t height, uint32_t channels, uint32_t new_width,
                                uint32_t new_height, bool portable) {
    cic_resizer *resizer = calloc(1, sizeof *resizer);
    if (!resizer) return NULL;
    resizer->height = height;
    resizer->channels = channels;
    resizer->new_width = new_width;
    resizer->new_height = new_height;
    resizer->squeeze = channels == 1 ? squeeze_gray : squeeze_rgb;
    resizer->add = add_portable;
#if defined(__x86_64__)
    if (!portable && __builtin_cpu_supports("avx2")) {
        resizer->squeeze = channels == 1 ? squeeze_gray_avx2 : squeeze_rgb_avx2;
        resizer->add = add_avx2;
    }
#endif
    size_t row_bytes = (size_t)new_width * channels;
    resizer->squeezed = calloc(row_bytes, 1);
    resizer->sums = calloc(row_bytes * new_height, sizeof(int32_t));
    if (resizer->squeezed && resizer->sums && make_axis(&resizer->columns, width, new_width, channels, LANES)
        && make_axis(&resizer->rows, height, new_height, 1, 1)) return resizer;
    cic_resizer_free(resizer);
    return NULL;
}

void cic_resizer_free(cic_resizer *resizer) {
    if (!resizer) return;
    free(resizer->columns.windows);
    free(resizer->columns.weights);
    free(resizer->rows.windows);
    free(resizer->rows.weights);
    free(resizer->squeezed);
    free(resizer->sums);
    free(resizer);
}

void cic_resizer_push(cic_resizer *resizer, const uint8_t *row) {
    if (resizer->y >= resizer->height) return;
    uint32_t y = resizer->y++;
    size_t row_bytes = (size_t)resizer->new_width * resizer->channels;
    resizer->squeeze(resizer, row, resizer->squeezed);
    // Windows begin and end in order, so the ones that hold row y are neighbours.
    const window *windows = resizer->rows.windows;
    while (resizer->first_open < resizer->new_height
           && windows[resizer->first_open].first + windows[resizer->first_open].count <= y) resizer->first_open++;
    for (uint32_t i = resizer->first_open; i < resizer->new_height && windows[i].first <= y; i++) {
        int32_t weight = resizer->rows.weights[windows[i].weights + y - windows[i].first];
        if (weight != 0) resizer->add(resizer->sums + i * row_bytes, resizer->squeezed, weight, row_bytes);
    }
}

void cic_resizer_finish(const cic_resizer *resizer, uint8_t *pixels) {
    size_t count = (size_t)resizer->new_width * resizer->new_height * resizer->channels;
    for (size_t i = 0; i < count; i++) pixels[i] = clamped(resizer->sums[i] + HALF);
}
