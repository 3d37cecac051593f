// JPEG and PNG decoding and image resizing over libjpeg-turbo and libpng.
//
// Both libraries report errors by longjmp; every jump starts and ends inside one function of this target, so that none
// crosses a Swift frame. Nothing here keeps a pointer after a call, except a resizer, which owns its memory.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The outcome of a call.
typedef enum : int32_t {
    CIC_OK = 0,
    CIC_CORRUPT,        ///< the bytes break the rules of their format
    CIC_TRUNCATED,      ///< the bytes end too early
    CIC_UNSUPPORTED,    ///< a variant of the format that is not decoded, such as 12-bit JPEG
    CIC_TOO_LARGE,      ///< more working memory or scans than allowed
    CIC_TOO_SLOW,       ///< the deadline passed
    CIC_OUT_OF_MEMORY,  ///< the system refused memory
} cic_status;

typedef enum : int32_t { CIC_JPEG, CIC_PNG } cic_format;

/// How a file stores colour.
typedef enum : int32_t {
    CIC_GRAY, CIC_GRAY_ALPHA, CIC_PALETTE, CIC_RGB, CIC_RGBA, CIC_YCBCR, CIC_CMYK, CIC_YCCK,
} cic_colour;

/// What a file's header declares, before any pixel is decoded.
typedef struct {
    uint32_t width, height;   ///< in pixels as stored, not yet turned by an EXIF orientation
    uint32_t bit_depth;       ///< bits per sample
    cic_colour colour;
    bool layered;             ///< interlaced PNG; progressive or several-scan JPEG
    uint64_t working_bytes;   ///< estimate of what decoding needs beside its output
    uint64_t minimum_bytes;   ///< no valid file with this header is shorter
} cic_info;

/// Limits on the work of one call.
typedef struct {
    uint64_t maximum_working_bytes;  ///< refuses a JPEG whose coefficients need more
    uint32_t maximum_scans;          ///< of a JPEG
    uint32_t maximum_milliseconds;   ///< wall clock
} cic_limits;

/// Converts an image of one size to another, row by row, exactly as Pillow's `Image.resize(…, BILINEAR)` does.
typedef struct cic_resizer cic_resizer;

/// Bytes that must be readable after a row given to `cic_resizer_push`; their values do not matter.
enum { CIC_ROW_PADDING = 32 };

/// - Parameter channels: 1 or 3, interleaved.
/// - Parameter portable: keeps to the instructions every processor has; the result is the same.
/// Answers NULL when memory is short. All sizes must be at least 1.
cic_resizer *cic_resizer_create(uint32_t width, uint32_t height, uint32_t channels, uint32_t new_width,
                                uint32_t new_height, bool portable);
/// Takes the next row, top to bottom; rows after the last are ignored.
void cic_resizer_push(cic_resizer *resizer, const uint8_t *row);
/// Writes `new_height * new_width * channels` bytes; every row must have been pushed.
void cic_resizer_finish(const cic_resizer *resizer, uint8_t *pixels);
void cic_resizer_free(cic_resizer *resizer);

/// Where decoded pixels go: pixel (x, y) of the stored picture is written at `pixels + origin + x * column + y * row`
/// (in bytes), or, when `resizer` is not NULL, rows are pushed there and `pixels` is not used.
typedef struct {
    uint32_t width, height;  ///< of the stored picture, as `cic_inspect` told
    uint32_t channels;       ///< 1 (luminance) or 3 (RGB)
    uint8_t *pixels;
    ptrdiff_t origin, column, row;
    cic_resizer *resizer;    ///< not for a layered PNG, whose rows do not come in order
} cic_target;

/// Reads the header only.
cic_status cic_inspect(cic_format format, const uint8_t *bytes, size_t count, cic_info *info);

/// Decodes a whole file; unless the answer is CIC_OK, what was written to the target is meaningless.
cic_status cic_decode(cic_format format, const uint8_t *bytes, size_t count, const cic_limits *limits,
                      const cic_target *target);
