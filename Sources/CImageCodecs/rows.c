#include "rows.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

cic_status cic_rows_open(cic_rows *rows, const cic_target *target, uint32_t channels, const cic_limits *limits) {
    rows->target = target;
    rows->channels = channels;
    rows->deadline = now() + limits->maximum_milliseconds;
    // Zeroed, because the resizer reads the padding.
    rows->row = calloc((size_t)target->width * channels + CIC_ROW_PADDING, 1);
    rows->converted = calloc((size_t)target->width * target->channels + CIC_ROW_PADDING, 1);
    return rows->row && rows->converted ? CIC_OK : CIC_OUT_OF_MEMORY;
}

void cic_rows_close(cic_rows *rows) {
    free(rows->row);
    free(rows->converted);
}

bool cic_rows_late(const cic_rows *rows) { return now() > rows->deadline; }

/// ITU-R 601-2 luma in 16-bit fixed point, as Pillow's `convert("L")` computes it (L24 in its Convert.c).
static inline uint8_t luminance(unsigned red, unsigned green, unsigned blue) {
    return (uint8_t)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

/// a * b / 255, rounded (Pillow's MULDIV255).
static inline unsigned scaled(unsigned a, unsigned b) {
    unsigned product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

/// Answers the row in the target's channels: the row itself or a converted copy.
static const uint8_t *convert(const cic_rows *rows, uint32_t count) {
    const uint8_t *from = rows->row;
    uint8_t *to = rows->converted;
    bool gray = rows->target->channels == 1;
    if (rows->channels == rows->target->channels) return from;
    if (rows->channels == 1) {
        for (size_t i = 0; i < count; i++) to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
    } else if (rows->channels == 3) {
        for (size_t i = 0; i < count; i++) to[i] = luminance(from[3 * i], from[3 * i + 1], from[3 * i + 2]);
    } else {
        // Adobe writes CMYK inverted and Pillow assumes so of every CMYK JPEG: the stored samples are 255 - ink.
        for (size_t i = 0; i < count; i++) {
            const uint8_t *ink = from + 4 * i;
            unsigned white = ink[3], rgb[3];
            for (int c = 0; c < 3; c++) rgb[c] = white - scaled(255u - ink[c], white);
            if (gray) to[i] = luminance(rgb[0], rgb[1], rgb[2]);
            else for (int c = 0; c < 3; c++) to[3 * i + (size_t)c] = (uint8_t)rgb[c];
        }
    }
    return to;
}

void cic_rows_emit(const cic_rows *rows, uint32_t count, uint32_t x, uint32_t step, uint32_t y) {
    const cic_target *target = rows->target;
    const uint8_t *pixels = convert(rows, count);
    if (target->resizer) {
        cic_resizer_push(target->resizer, pixels);
        return;
    }
    uint8_t *to = target->pixels + target->origin + (ptrdiff_t)y * target->row + (ptrdiff_t)x * target->column;
    ptrdiff_t stride = target->column * (ptrdiff_t)step;
    if (stride == (ptrdiff_t)target->channels) {
        memcpy(to, pixels, (size_t)count * target->channels);
    } else if (target->channels == 1) {
        for (uint32_t i = 0; i < count; i++) to[i * stride] = pixels[i];
    } else {
        for (uint32_t i = 0; i < count; i++) memcpy(to + i * stride, pixels + (size_t)i * 3, 3);
    }
}

cic_status cic_inspect(cic_format format, const uint8_t *bytes, size_t count, cic_info *info) {
    return format == CIC_JPEG ? cic_jpeg_inspect(bytes, count, info) : cic_png_inspect(bytes, count, info);
}

cic_status cic_decode(cic_format format, const uint8_t *bytes, size_t count, const cic_limits *limits,
                      const cic_target *target) {
    return format == CIC_JPEG ? cic_jpeg_decode(bytes, count, limits, target)
                              : cic_png_decode(bytes, count, limits, target);
}
