// For processors without the other sets. Where the processor has no fused multiply-add, libm computes it in software:
// slow, but with the same bits.
#define CK_TARGET
#define CK_NAME(x) x##_portable
#define CK_TILE_1 4
#define CK_TILE_2 4
#define CK_TILE_3 2
#define CK_TILE_4 2
#define CK_TILE_0H 4
#define CK_TILE_1H 4
#define CK_PAIRED 0
#define CK_WIDEST 1
#define CK_AHEAD 32
#define CK_STRIP 4
#include "kernels_template.h"
