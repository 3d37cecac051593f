#pragma once
#include "CKernels.h"

/// The kernels of one instruction set.
struct ck_table {
    void (*convolve)(const ck_convolution *);
    void (*convolve_depthwise)(const ck_depthwise *);
    void (*pool_windows)(const ck_pool *);
    void (*pool_all)(ck_source, int, int, int, bool, float *, float *);
    void (*affine)(ck_source, ck_target, int, int, int, const float *, const float *, ck_clamp);
    void (*combine)(ck_operand, ck_operand, ck_target, int, int, int, bool, ck_clamp);
};
extern const struct ck_table ck_table_portable;
#if defined(__x86_64__)
extern const struct ck_table ck_table_avx2, ck_table_avx512;
#endif
