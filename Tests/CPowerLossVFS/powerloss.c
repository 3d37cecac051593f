#include "CPowerLossVFS.h"
#include "disk.h"

#include <pthread.h>
#include <string.h>

typedef struct {
    sqlite3_file base;
    image *image;  // NULL for files that need not outlive anything
    sqlite3_file *real;
    bool syncs_directory;  // with its next sync
} file;

const char *const powerloss_vfs_name = "powerloss";

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *real_vfs;
static sqlite3_vfs vfs;
static int64_t operations, losing = -1, failing = -1;
static int failing_status, open_files;
static bool is_lost;

/// Counts an operation; answers with the status that it must fail with, or 0. Called with the mutex held.
static int pass(void) {
    if (is_lost) return SQLITE_IOERR;
    operations++;
    if (failing >= 0 && failing-- == 0) return failing_status;
    if (losing >= 0 && losing-- == 0) is_lost = true;  // this operation itself may still arrive, in part
    return SQLITE_OK;
}

// The methods of files

static sqlite3_file *real(sqlite3_file *f) { return ((file *)f)->real; }

static int file_close(sqlite3_file *f) {
    int status = real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
    sqlite3_free(real(f));
    pthread_mutex_lock(&mutex);
    open_files--;
    pthread_mutex_unlock(&mutex);
    return status;
}

static int file_read(sqlite3_file *f, void *bytes, int count, sqlite3_int64 offset) {
    if (powerloss_happened()) return SQLITE_IOERR_READ;
    return real(f)->pMethods->xRead(real(f), bytes, count, offset);
}

static int file_write(sqlite3_file *f, const void *bytes, int count, sqlite3_int64 offset) {
    image *image = ((file *)f)->image;
    pthread_mutex_lock(&mutex);
    int status = pass();
    if (!status && image) image_remember(image, offset, bytes, count);
    if (!status) status = is_lost ? SQLITE_IOERR_WRITE : real(f)->pMethods->xWrite(real(f), bytes, count, offset);
    pthread_mutex_unlock(&mutex);
    return status;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
    image *image = ((file *)f)->image;
    pthread_mutex_lock(&mutex);
    int status = pass();
    if (!status && image) image_remember(image, size, NULL, 0);
    if (!status) status = is_lost ? SQLITE_IOERR_TRUNCATE : real(f)->pMethods->xTruncate(real(f), size);
    pthread_mutex_unlock(&mutex);
    return status;
}

static int file_sync(sqlite3_file *f, int flags) {
    (void)flags;  // the real file need not survive anything
    image *image = ((file *)f)->image;
    pthread_mutex_lock(&mutex);
    int status = pass();
    if (!status && is_lost) status = SQLITE_IOERR_FSYNC;
    if (!status && image) {
        image_flush(image, NULL, 0);
        if (!image->is_deleted) image->is_named = true;
        if (((file *)f)->syncs_directory) image_sync_directory(image->path);
        ((file *)f)->syncs_directory = false;
    }
    pthread_mutex_unlock(&mutex);
    return status;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size) { return real(f)->pMethods->xFileSize(real(f), size); }
static int file_lock(sqlite3_file *f, int level) { return real(f)->pMethods->xLock(real(f), level); }
static int file_unlock(sqlite3_file *f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
static int file_reserved(sqlite3_file *f, int *out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
static int file_control(sqlite3_file *f, int op, void *value) {
    return real(f)->pMethods->xFileControl(real(f), op, value);
}
static int file_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int file_traits(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
static int file_shm_lock(sqlite3_file *f, int offset, int count, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
static int file_shm_unmap(sqlite3_file *f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

// Version 2: shared memory, but no mapped reads and writes, which would pass by.
static const sqlite3_io_methods methods = {
    2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_unlock, file_reserved,
    file_control, file_sector, file_traits, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, NULL, NULL,
};

// The methods of the VFS that are not simply those of the real one

static int vfs_open(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *out) {
    (void)v;
    file *opened = (file *)f;
    memset(opened, 0, sizeof *opened);
    pthread_mutex_lock(&mutex);
    bool is_kept = path && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    int status = is_lost ? SQLITE_IOERR : SQLITE_OK;
    if (!status && is_kept) opened->image = image_open(path);  // before the real file is created
    if (!status) {
        opened->real = sqlite3_malloc(real_vfs->szOsFile);
        status = opened->real ? SQLITE_OK : SQLITE_NOMEM;
    }
    if (!status) {
        memset(opened->real, 0, (size_t)real_vfs->szOsFile);
        status = real_vfs->xOpen(real_vfs, path, opened->real, flags, out);
        if (status) sqlite3_free(opened->real);
    }
    if (!status) {
        opened->base.pMethods = &methods;
        opened->syncs_directory = flags & SQLITE_OPEN_CREATE && !(flags & SQLITE_OPEN_MAIN_DB);
        open_files++;
    }
    pthread_mutex_unlock(&mutex);
    return status;
}

static int vfs_delete(sqlite3_vfs *v, const char *path, int syncs) {
    (void)v;
    pthread_mutex_lock(&mutex);
    int status = pass();
    if (!status && is_lost) status = SQLITE_IOERR_DELETE;
    image *image = image_named(path);
    if (!status) status = real_vfs->xDelete(real_vfs, path, 0);
    if (!status && image) {
        image->is_deleted = true;
        if (syncs) image_sync_directory(path);
    }
    pthread_mutex_unlock(&mutex);
    return status;
}

int powerloss_begin(int64_t count) {
    pthread_mutex_lock(&mutex);
    int status = SQLITE_OK;
    if (!real_vfs) {
        status = sqlite3_initialize();
        real_vfs = sqlite3_vfs_find(NULL);
        vfs = *real_vfs;
        vfs.szOsFile = sizeof(file);
        vfs.pNext = NULL;
        vfs.zName = powerloss_vfs_name;
        vfs.xOpen = vfs_open;
        vfs.xDelete = vfs_delete;
        if (!status) status = sqlite3_vfs_register(&vfs, 0);
    }
    image_forget_all();
    operations = 0;
    losing = count;
    failing = -1;
    is_lost = false;
    pthread_mutex_unlock(&mutex);
    return status;
}

void powerloss_schedule(int64_t count) {
    pthread_mutex_lock(&mutex);
    losing = count;
    pthread_mutex_unlock(&mutex);
}

void powerloss_fail(int64_t count, int status) {
    pthread_mutex_lock(&mutex);
    failing = count;
    failing_status = status;
    pthread_mutex_unlock(&mutex);
}

int powerloss_is_failure_ahead(void) {
    pthread_mutex_lock(&mutex);
    bool result = failing >= 0;
    pthread_mutex_unlock(&mutex);
    return result;
}

int powerloss_happened(void) {
    pthread_mutex_lock(&mutex);
    bool result = is_lost;
    pthread_mutex_unlock(&mutex);
    return result;
}

int powerloss_open_files(void) {
    pthread_mutex_lock(&mutex);
    int result = open_files;
    pthread_mutex_unlock(&mutex);
    return result;
}

int64_t powerloss_operations(void) {
    pthread_mutex_lock(&mutex);
    int64_t result = operations;
    pthread_mutex_unlock(&mutex);
    return result;
}

int powerloss_settle(uint64_t seed, unsigned kept) {
    pthread_mutex_lock(&mutex);
    int result = 0;
    for (image *image = image_all; image; image = image->next) {
        if (image_settle(image, &seed, kept)) result = -1;
    }
    image_forget_all();
    pthread_mutex_unlock(&mutex);
    return result;
}
