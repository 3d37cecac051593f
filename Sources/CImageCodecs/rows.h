// From decoded rows to their target: colour conversion and placement.
#pragma once
#include "CImageCodecs.h"

/// One row on its way: the decoder fills `row`, `cic_rows_emit` converts it and puts it in its place.
typedef struct {
    const cic_target *target;
    uint32_t channels;   ///< of the decoded row: 1 gray, 3 RGB, 4 inverted CMYK
    uint8_t *row;        ///< width * channels bytes and CIC_ROW_PADDING more
    uint8_t *converted;  ///< width * target->channels bytes and CIC_ROW_PADDING more
    uint64_t deadline;   ///< on the monotonic clock, in milliseconds
} cic_rows;

cic_status cic_rows_open(cic_rows *rows, const cic_target *target, uint32_t channels, const cic_limits *limits);
/// The first `count` pixels of the row belong to the columns `x`, `x + step`, … of row `y`.
void cic_rows_emit(const cic_rows *rows, uint32_t count, uint32_t x, uint32_t step, uint32_t y);
bool cic_rows_late(const cic_rows *rows);
void cic_rows_close(cic_rows *rows);

cic_status cic_jpeg_inspect(const uint8_t *bytes, size_t count, cic_info *info);
cic_status cic_jpeg_decode(const uint8_t *bytes, size_t count, const cic_limits *limits, const cic_target *target);
cic_status cic_png_inspect(const uint8_t *bytes, size_t count, cic_info *info);
cic_status cic_png_decode(const uint8_t *bytes, size_t count, const cic_limits *limits, const cic_target *target);
