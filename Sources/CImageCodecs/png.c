#include <setjmp.h>
#include <string.h>

#include <png.h>

#include "rows.h"

/// Everything one call owns, in the frame above the one that calls setjmp (see jpeg.c).
typedef struct {
    png_structp decoder;
    png_infop info;
    jmp_buf escape;
    cic_status status;
    const uint8_t *bytes;
    size_t count, offset;
    cic_rows rows;
} session;

static _Noreturn void leave(session *s, cic_status status) {
    s->status = status;
    longjmp(s->escape, 1);
}

static void on_error(png_structp decoder, png_const_charp message) {
    (void)message;
    leave(png_get_error_ptr(decoder), CIC_CORRUPT);
}

static void on_warning(png_structp decoder, png_const_charp message) {
    (void)decoder;
    (void)message;
}

static void on_read(png_structp decoder, png_bytep to, size_t count) {
    session *s = png_get_io_ptr(decoder);
    if (count > s->count - s->offset) leave(s, CIC_TRUNCATED);
    memcpy(to, s->bytes + s->offset, count);
    s->offset += count;
}

/// The most one chunk may take when it is unpacked or kept; of those that matter, a palette is the largest.
enum { MAXIMUM_CHUNK_BYTES = 65536 };

static void start(session *s, const uint8_t *bytes, size_t count) {
    s->bytes = bytes;
    s->count = count;
    s->decoder = png_create_read_struct(PNG_LIBPNG_VER_STRING, s, on_error, on_warning);
    if (!s->decoder) leave(s, CIC_OUT_OF_MEMORY);
    s->info = png_create_info_struct(s->decoder);
    if (!s->info) leave(s, CIC_OUT_OF_MEMORY);
    png_set_read_fn(s->decoder, s, on_read);
    // Text, profiles and gamma say nothing about the samples: all are skipped (-1: every ancillary chunk libpng would
    // otherwise interpret), so that none can unpack to something large. Transparency is not in that list.
    png_set_keep_unknown_chunks(s->decoder, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_chunk_malloc_max(s->decoder, MAXIMUM_CHUNK_BYTES);
    png_set_crc_action(s->decoder, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_read_info(s->decoder, s->info);
}

static cic_colour colour_of(int type) {
    switch (type) {
    case PNG_COLOR_TYPE_GRAY: return CIC_GRAY;
    case PNG_COLOR_TYPE_GRAY_ALPHA: return CIC_GRAY_ALPHA;
    case PNG_COLOR_TYPE_PALETTE: return CIC_PALETTE;
    case PNG_COLOR_TYPE_RGB: return CIC_RGB;
    default: return CIC_RGBA;
    }
}

static cic_status inspect(session *s, const uint8_t *bytes, size_t count, cic_info *info) {
    if (setjmp(s->escape)) return s->status;
    start(s, bytes, count);
    info->width = png_get_image_width(s->decoder, s->info);
    info->height = png_get_image_height(s->decoder, s->info);
    info->bit_depth = png_get_bit_depth(s->decoder, s->info);
    info->colour = colour_of(png_get_color_type(s->decoder, s->info));
    info->layered = png_get_interlace_type(s->decoder, s->info) != PNG_INTERLACE_NONE;
    uint64_t row_bytes = png_get_rowbytes(s->decoder, s->info);
    info->working_bytes = (uint64_t)info->width * 24 + 262144;
    info->minimum_bytes = row_bytes * info->height / 1032;  // deflate packs no better (zlib, "Technical Details")
    return CIC_OK;
}

/// Reads the rows of the seven reduced pictures of an interlaced file and spreads them over the target. libpng could do
/// it too, but would need the whole picture at full depth.
static void read_passes(session *s) {
    const cic_target *target = s->rows.target;
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
        uint32_t columns = PNG_PASS_COLS(target->width, pass), rows = PNG_PASS_ROWS(target->height, pass);
        if (columns == 0) continue;
        for (uint32_t i = 0; i < rows; i++) {
            if (cic_rows_late(&s->rows)) leave(s, CIC_TOO_SLOW);
            png_read_row(s->decoder, s->rows.row, NULL);
            cic_rows_emit(&s->rows, columns, PNG_PASS_START_COL(pass), PNG_PASS_COL_OFFSET(pass),
                          PNG_PASS_START_ROW(pass) + i * PNG_PASS_ROW_OFFSET(pass));
        }
    }
}

static void read_rows(session *s) {
    for (uint32_t y = 0; y < s->rows.target->height; y++) {
        if (cic_rows_late(&s->rows)) leave(s, CIC_TOO_SLOW);
        png_read_row(s->decoder, s->rows.row, NULL);
        cic_rows_emit(&s->rows, s->rows.target->width, 0, 1, y);
    }
}

static cic_status decode(session *s, const uint8_t *bytes, size_t count, const cic_limits *limits,
                         const cic_target *target) {
    if (setjmp(s->escape)) return s->status;
    start(s, bytes, count);
    if (png_get_image_width(s->decoder, s->info) != target->width) return CIC_CORRUPT;
    if (png_get_image_height(s->decoder, s->info) != target->height) return CIC_CORRUPT;
    bool layered = png_get_interlace_type(s->decoder, s->info) != PNG_INTERLACE_NONE;
    if (layered && target->resizer) return CIC_UNSUPPORTED;

    int type = png_get_color_type(s->decoder, s->info);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(s->decoder);
    if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(s->decoder);
    png_set_scale_16(s->decoder);
    // Alpha is dropped, not blended with a background, as Pillow's convert("L") and convert("RGB") do.
    png_set_strip_alpha(s->decoder);
    png_read_update_info(s->decoder, s->info);

    uint32_t channels = (type & PNG_COLOR_MASK_COLOR) ? 3 : 1;
    if (png_get_channels(s->decoder, s->info) != channels || png_get_bit_depth(s->decoder, s->info) != 8)
        return CIC_UNSUPPORTED;
    cic_status status = cic_rows_open(&s->rows, target, channels, limits);
    if (status != CIC_OK) return status;
    if (layered) read_passes(s);
    else read_rows(s);
    png_read_end(s->decoder, NULL);
    return CIC_OK;
}

cic_status cic_png_inspect(const uint8_t *bytes, size_t count, cic_info *info) {
    session s;
    memset(&s, 0, sizeof s);
    cic_status status = inspect(&s, bytes, count, info);
    png_destroy_read_struct(&s.decoder, &s.info, NULL);
    return status;
}

cic_status cic_png_decode(const uint8_t *bytes, size_t count, const cic_limits *limits, const cic_target *target) {
    session s;
    memset(&s, 0, sizeof s);
    cic_status status = decode(&s, bytes, count, limits, target);
    png_destroy_read_struct(&s.decoder, &s.info, NULL);
    cic_rows_close(&s.rows);
    return status;
}
