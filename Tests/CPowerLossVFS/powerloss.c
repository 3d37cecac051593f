#include "CPowerLossVFS.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { sector_size = 512 };

/// A write that is not durable yet, or a truncation (bytes == NULL) to `offset`.
typedef struct pending {
    struct pending *next;
    sqlite3_int64 offset;
    int count;
    unsigned char *bytes;
} pending;

/// What the disk holds of one file, and what it may hold.
typedef struct image {
    struct image *next;
    char *path;
    unsigned char *bytes;
    sqlite3_int64 size, capacity;
    pending *first, **last;
    bool is_named;    // its name is durable
    bool is_deleted;  // it was deleted, but perhaps not durably
} image;

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
static image *images;
static int64_t operations, losing = -1, failing = -1;
static int failing_status, open_files;
static bool is_lost;

static void *checked(void *memory) {
    if (!memory) abort();  // a test without memory has nothing to say
    return memory;
}

// What the disk does

static void image_write(image *image, sqlite3_int64 offset, const unsigned char *bytes, int count) {
    sqlite3_int64 end = offset + count;
    if (end > image->capacity) {
        image->capacity = end * 2;
        image->bytes = checked(realloc(image->bytes, (size_t)image->capacity));
    }
    if (offset > image->size) memset(image->bytes + image->size, 0, (size_t)(offset - image->size));
    memcpy(image->bytes + offset, bytes, (size_t)count);
    if (end > image->size) image->size = end;
}

static void image_truncate(image *image, sqlite3_int64 size) {
    if (size < image->size) image->size = size;
}

static uint64_t random_next(uint64_t *state) {  // SplitMix64
    uint64_t mixed = *state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

/// Moves all pending changes to the durable bytes, or by sectors those that chance keeps.
static void image_flush(image *image, uint64_t *seed, unsigned kept) {
    for (pending *change = image->first, *next; change; change = next) {
        next = change->next;
        if (!change->bytes) {
            if (!seed || (random_next(seed) & 255) < kept) image_truncate(image, change->offset);
        } else if (!seed) {
            image_write(image, change->offset, change->bytes, change->count);
        } else {
            for (int start = 0, count; start < change->count; start += count) {
                count = sector_size - (int)((change->offset + start) % sector_size);
                if (count > change->count - start) count = change->count - start;
                if ((random_next(seed) & 255) < kept) {
                    image_write(image, change->offset + start, change->bytes + start, count);
                }
            }
        }
        free(change->bytes);
        free(change);
    }
    image->first = NULL;
    image->last = &image->first;
}

static void image_remember(image *image, sqlite3_int64 offset, const void *bytes, int count) {
    pending *change = checked(calloc(1, sizeof *change));
    change->offset = offset;
    change->count = count;
    if (bytes) change->bytes = memcpy(checked(malloc((size_t)count + 1)), bytes, (size_t)count);
    *image->last = change;
    image->last = &change->next;
}

static image *image_named(const char *path) {
    for (image *image = images; image; image = image->next) {
        if (!strcmp(image->path, path)) return image;
    }
    return NULL;
}

/// The image of a file that is opened; what it holds before this simulation knows it is durable.
static image *image_open(const char *path) {
    image *found = image_named(path);
    if (!found) {
        found = checked(calloc(1, sizeof *found));
        found->path = checked(strdup(path));
        found->last = &found->first;
        found->next = images;
        images = found;
        FILE *stored = fopen(path, "rb");
        if (stored) {
            unsigned char buffer[65536];
            size_t count;
            while ((count = fread(buffer, 1, sizeof buffer, stored)) > 0) {
                image_write(found, found->size, buffer, (int)count);
            }
            fclose(stored);
            found->is_named = true;
        }
    } else if (found->is_deleted) {
        // A new file of the same name: the old bytes may only come back while the deletion is not durable; that they
        // mix with new ones is harsher than a disk, so they go.
        image_flush(found, NULL, 0);
        found->size = 0;
        found->is_named = found->is_deleted = false;
    }
    return found;
}

/// Makes the names in the directory of a path durable, and that others are gone.
static void sync_directory(const char *path) {
    size_t length = (size_t)(strrchr(path, '/') - path) + 1;
    for (image *image = images; image; image = image->next) {
        if (!strncmp(image->path, path, length) && !strchr(image->path + length, '/')) image->is_named = !image->is_deleted;
    }
}

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
        if (((file *)f)->syncs_directory) sync_directory(image->path);
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
        if (syncs) sync_directory(path);
    }
    pthread_mutex_unlock(&mutex);
    return status;
}

static void forget(void) {
    for (image *image = images, *next; image; image = next) {
        next = image->next;
        image_flush(image, NULL, 0);
        free(image->bytes);
        free(image->path);
        free(image);
    }
    images = NULL;
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
    forget();
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

static int settle(image *image, uint64_t *seed, unsigned kept) {
    bool exists = image->is_named || (random_next(seed) & 255) < kept;
    if (image->is_deleted && (!image->is_named || (random_next(seed) & 255) < kept)) exists = false;
    image_flush(image, seed, kept);
    size_t length = strlen(image->path);
    char *shared = checked(malloc(length + 5));
    memcpy(shared, image->path, length);
    memcpy(shared + length, "-shm", 5);
    unlink(shared);
    free(shared);
    unlink(image->path);
    if (!exists) return 0;
    FILE *stored = fopen(image->path, "wb");
    if (!stored) return -1;
    size_t written = fwrite(image->bytes, 1, (size_t)image->size, stored);
    return fclose(stored) == 0 && written == (size_t)image->size ? 0 : -1;
}

int powerloss_settle(uint64_t seed, unsigned kept) {
    pthread_mutex_lock(&mutex);
    int result = 0;
    for (image *image = images; image; image = image->next) {
        if (settle(image, &seed, kept)) result = -1;
    }
    forget();
    pthread_mutex_unlock(&mutex);
    return result;
}
