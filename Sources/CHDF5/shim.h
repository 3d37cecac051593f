#pragma once
#include <hdf5.h>

// Swift imports neither HDF5's `(H5OPEN, global)` macros nor its mutable globals.
static inline hid_t chdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
