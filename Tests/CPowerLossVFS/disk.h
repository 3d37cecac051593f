#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

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

/// All files, newest first.
extern image *image_all;

/// Moves all pending changes to the durable bytes, or with a seed, by sectors, those that chance keeps.
void image_flush(image *image, uint64_t *seed, unsigned kept);

/// Adds a write, or without bytes a truncation, that is not durable yet.
void image_remember(image *image, sqlite3_int64 offset, const void *bytes, int count);

/// The image of a path that was opened before; NULL when there is none.
image *image_named(const char *path);

/// The image of a file that is opened; what it holds before this simulation knows it is durable.
image *image_open(const char *path);

/// Makes the names in the directory of a path durable, and that others are gone.
void image_sync_directory(const char *path);

/// Leaves in the directory what the disk holds; 0, or -1 when it cannot be written.
int image_settle(image *image, uint64_t *seed, unsigned kept);

/// Forgets all files.
void image_forget_all(void);
