#if defined(__x86_64__)
#define CK_TARGET __attribute__((target("avx2,fma")))
#define CK_NAME(x) x##_avx2
#define CK_TILE_1 6
#define CK_TILE_2 3
#define CK_TILE_3 2
#define CK_TILE_4 1
#define CK_TILE_0H 8
#define CK_TILE_1H 3
#define CK_PAIRED 0
#define CK_WIDEST 1
#define CK_AHEAD 32
#define CK_STRIP 4
#include "kernels_template.h"
#endif
