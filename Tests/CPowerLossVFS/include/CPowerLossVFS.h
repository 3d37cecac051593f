#pragma once
#include <stdint.h>

/// A SQLite VFS for tests that can lose power.
///
/// It wraps the default VFS. Everybody sees each write at once, as through the page cache; what has not been synced is
/// remembered and can be taken away again. One simulation at a time: the state is global.
///
/// Model: `xSync` makes the earlier writes and truncations of its file durable, and the file's name. Without it, each
/// 512-byte sector of a write may or may not have arrived, in any combination, and a truncation likewise. A deletion is
/// durable once the directory is synced: with it when SQLite asks for that, or with the first `xSync` of a journal or
/// write-ahead log, as in SQLite's own VFS for Unix. A write never harms bytes beside it
/// (SQLITE_IOCAP_POWERSAFE_OVERWRITE).

/// The name to open databases with; registered by the first call of `powerloss_begin`.
extern const char *const powerloss_vfs_name;

/// Forgets everything and lets power on; no file may be open.
///
/// Power is lost after `operations` further writes, truncations, syncs and deletions, or never for a negative number.
/// Returns 0, or a SQLite status.
int powerloss_begin(int64_t operations);

/// Sets after how many further operations power is lost.
void powerloss_schedule(int64_t operations);

/// Lets one operation fail with a SQLite status, `operations` from now, without effect; negative for none.
void powerloss_fail(int64_t operations, int status);

/// Whether the operation that is to fail has not come yet.
int powerloss_is_failure_ahead(void);

/// Whether power is lost: every operation fails from then on, so that nothing can happen after it.
int powerloss_happened(void);

/// How many operations there were since `powerloss_begin`.
int64_t powerloss_operations(void);

/// How many files are open.
int powerloss_open_files(void);

/// Leaves in the directory what the disk holds after the loss: durable bytes, and of the others each sector with the
/// probability `kept` of 256, chosen by the seed. Shared memory is gone. No file may be open.
///
/// Returns 0, or -1 when a file cannot be written.
int powerloss_settle(uint64_t seed, unsigned kept);
