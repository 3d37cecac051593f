#include <stdatomic.h>

#include "table.h"

static _Atomic(const struct ck_table *) chosen = NULL;

int ck_best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
        return wide ? CK_AVX512 : CK_AVX2;
    }
#endif
    return CK_PORTABLE;
}

static const struct ck_table *table_of(int level) {
#if defined(__x86_64__)
    if (level == CK_AVX512) return &ck_table_avx512;
    if (level == CK_AVX2) return &ck_table_avx2;
#endif
    return &ck_table_portable;
}

static const struct ck_table *table(void) {
    const struct ck_table *current = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (current) return current;
    current = table_of(ck_best_level());
    atomic_store_explicit(&chosen, current, memory_order_relaxed);
    return current;
}

int ck_level_in_use(void) {
    const struct ck_table *current = table();
    for (int level = CK_AVX512; level > CK_PORTABLE; level--)
        if (table_of(level) == current) return level;
    return CK_PORTABLE;
}

bool ck_use_level(int level) {
    if (level < CK_PORTABLE || level > ck_best_level()) return false;
    atomic_store_explicit(&chosen, table_of(level), memory_order_relaxed);
    return true;
}

const char *ck_level_name(int level) {
    return level == CK_AVX512 ? "avx512" : level == CK_AVX2 ? "avx2" : "portable";
}

void ck_convolve(const ck_convolution *job) { table()->convolve(job); }
void ck_convolve_depthwise(const ck_depthwise *job) { table()->convolve_depthwise(job); }
void ck_pool_windows(const ck_pool *job) { table()->pool_windows(job); }

void ck_pool_all(
    ck_source source, int rows, int columns, int channels, bool mean, float *scratch, float *target
) {
    table()->pool_all(source, rows, columns, channels, mean, scratch, target);
}

void ck_affine(
    ck_source source, ck_target target, int rows, int columns, int channels, const float *scale, const float *shift,
    ck_clamp clamp
) {
    table()->affine(source, target, rows, columns, channels, scale, shift, clamp);
}

void ck_combine(
    ck_operand left, ck_operand right, ck_target target, int rows, int columns, int channels, bool multiply,
    ck_clamp clamp
) {
    table()->combine(left, right, target, rows, columns, channels, multiply, clamp);
}
