#if defined(__x86_64__)
#define CK_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#define CK_NAME(x) x##_avx512
#define CK_TILE_1 12
#define CK_TILE_2 12
#define CK_TILE_3 8
#define CK_TILE_4 6
#define CK_TILE_0H 12
#define CK_TILE_1H 12
#define CK_PAIRED 1
#define CK_WIDEST 4
#define CK_AHEAD 32
#define CK_STRIP 8
#include "kernels_template.h"
#endif
