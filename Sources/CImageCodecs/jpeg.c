#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "rows.h"

/// Everything one call owns. It lives in the frame above the one that calls setjmp, so that its contents are
/// determinate after a jump (C11 7.13.2.1).
typedef struct {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    cic_status status;
    uint32_t maximum_scans;
    cic_rows rows;
} session;

static _Noreturn void leave(j_common_ptr decoder, cic_status status) {
    session *s = decoder->client_data;
    s->status = status;
    longjmp(s->escape, 1);
}

static void on_error(j_common_ptr decoder) {
    switch (decoder->err->msg_code) {
    case JERR_OUT_OF_MEMORY: leave(decoder, CIC_OUT_OF_MEMORY);
    case JERR_NO_BACKING_STORE: leave(decoder, CIC_TOO_LARGE);
    case JERR_INPUT_EMPTY: case JERR_INPUT_EOF: leave(decoder, CIC_TRUNCATED);
    case JERR_BAD_PRECISION: case JERR_SOF_UNSUPPORTED: case JERR_CONVERSION_NOTIMPL: case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL: case JERR_FRACT_SAMPLE_NOTIMPL: case JERR_NOTIMPL: case JERR_NOT_COMPILED:
    case JERR_BAD_J_COLORSPACE: case JERR_COMPONENT_COUNT: leave(decoder, CIC_UNSUPPORTED);
    default: leave(decoder, CIC_CORRUPT);
    }
}

/// libjpeg goes on after a warning with made-up pixels: all but the harmless warnings are errors here.
static void on_message(j_common_ptr decoder, int level) {
    if (level >= 0) return;
    switch (decoder->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA: case JWRN_ADOBE_XFORM: case JWRN_JFIF_MAJOR: case JWRN_NOT_SEQUENTIAL:
    case JWRN_BOGUS_ICC:
        return;
    case JWRN_JPEG_EOF: leave(decoder, CIC_TRUNCATED);
    default: leave(decoder, CIC_CORRUPT);
    }
}

/// Called for every row of blocks, also while `jpeg_start_decompress` absorbs a file of many scans.
static void on_progress(j_common_ptr decoder) {
    session *s = decoder->client_data;
    if ((uint32_t)s->decoder.input_scan_number > s->maximum_scans) leave(decoder, CIC_TOO_LARGE);
    if (s->rows.target && cic_rows_late(&s->rows)) leave(decoder, CIC_TOO_SLOW);
}

static void start(session *s, const uint8_t *bytes, size_t count) {
    s->decoder.err = jpeg_std_error(&s->errors);
    s->errors.error_exit = on_error;
    s->errors.emit_message = on_message;
    s->decoder.client_data = s;
    jpeg_create_decompress(&s->decoder);
    s->progress.progress_monitor = on_progress;
    s->decoder.progress = &s->progress;
    jpeg_mem_src(&s->decoder, bytes, count);
    jpeg_read_header(&s->decoder, TRUE);
}

/// The whole picture's coefficients, two bytes each, which libjpeg keeps unless one scan brings all.
static uint64_t coefficient_bytes(struct jpeg_decompress_struct *decoder) {
    if (!jpeg_has_multiple_scans(decoder)) return 0;
    uint64_t blocks = 0;
    for (int i = 0; i < decoder->num_components; i++) {
        const jpeg_component_info *component = &decoder->comp_info[i];
        uint64_t columns = component->width_in_blocks + (uint64_t)component->h_samp_factor;
        uint64_t rows = component->height_in_blocks + (uint64_t)component->v_samp_factor;
        blocks += columns * rows;
    }
    return blocks * sizeof(JBLOCK);
}

static cic_colour colour_of(J_COLOR_SPACE space) {
    switch (space) {
    case JCS_GRAYSCALE: return CIC_GRAY;
    case JCS_RGB: return CIC_RGB;
    case JCS_CMYK: return CIC_CMYK;
    case JCS_YCCK: return CIC_YCCK;
    default: return CIC_YCBCR;
    }
}

static cic_status inspect(session *s, const uint8_t *bytes, size_t count, cic_info *info) {
    if (setjmp(s->escape)) return s->status;
    start(s, bytes, count);
    if (s->decoder.jpeg_color_space == JCS_UNKNOWN) return CIC_UNSUPPORTED;
    info->width = s->decoder.image_width;
    info->height = s->decoder.image_height;
    info->bit_depth = (uint32_t)s->decoder.data_precision;
    info->colour = colour_of(s->decoder.jpeg_color_space);
    info->layered = jpeg_has_multiple_scans(&s->decoder);
    // About 48 rows of four 16-bit samples for upsampling and colour, and libjpeg's pools.
    info->working_bytes = coefficient_bytes(&s->decoder) + (uint64_t)info->width * 384 + 262144;
    // A block takes a bit at least: its Huffman code for the DC coefficient. Arithmetic coding can in theory beat that,
    // but only for pictures of a single colour.
    info->minimum_bytes = (uint64_t)info->width * info->height / 512;
    return CIC_OK;
}

static cic_status decode(session *s, const uint8_t *bytes, size_t count, const cic_limits *limits,
                         const cic_target *target) {
    if (setjmp(s->escape)) return s->status;
    start(s, bytes, count);
    struct jpeg_decompress_struct *decoder = &s->decoder;
    if (decoder->image_width != target->width || decoder->image_height != target->height) return CIC_CORRUPT;
    if (coefficient_bytes(decoder) > limits->maximum_working_bytes) return CIC_TOO_LARGE;
    switch (decoder->jpeg_color_space) {
    case JCS_GRAYSCALE: decoder->out_color_space = JCS_GRAYSCALE; break;
    // The Y channel is the luminance: chroma is then neither transformed nor upsampled.
    case JCS_YCbCr: decoder->out_color_space = target->channels == 1 ? JCS_GRAYSCALE : JCS_RGB; break;
    case JCS_RGB: decoder->out_color_space = JCS_RGB; break;
    case JCS_CMYK: case JCS_YCCK: decoder->out_color_space = JCS_CMYK; break;
    default: return CIC_UNSUPPORTED;
    }
    uint32_t channels = decoder->out_color_space == JCS_GRAYSCALE ? 1 : decoder->out_color_space == JCS_RGB ? 3 : 4;
    cic_status status = cic_rows_open(&s->rows, target, channels, limits);
    if (status != CIC_OK) return status;
    jpeg_start_decompress(decoder);
    while (decoder->output_scanline < decoder->output_height) {
        uint32_t y = decoder->output_scanline;
        jpeg_read_scanlines(decoder, &s->rows.row, 1);
        cic_rows_emit(&s->rows, target->width, 0, 1, y);
    }
    jpeg_finish_decompress(decoder);
    return CIC_OK;
}

cic_status cic_jpeg_inspect(const uint8_t *bytes, size_t count, cic_info *info) {
    session s;
    memset(&s, 0, sizeof s);  // destroying a decoder that was never made must find nothing to free
    s.maximum_scans = UINT32_MAX;
    cic_status status = inspect(&s, bytes, count, info);
    jpeg_destroy_decompress(&s.decoder);
    return status;
}

cic_status cic_jpeg_decode(const uint8_t *bytes, size_t count, const cic_limits *limits, const cic_target *target) {
    session s;
    memset(&s, 0, sizeof s);
    s.maximum_scans = limits->maximum_scans;
    cic_status status = decode(&s, bytes, count, limits, target);
    jpeg_destroy_decompress(&s.decoder);
    cic_rows_close(&s.rows);
    return status;
}
