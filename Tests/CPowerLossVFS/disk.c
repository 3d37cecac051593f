#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { sector_size = 512 };

image *image_all;

/// Ends the process when there is no memory: a test without it has nothing to say.
static void *checked(void *memory) {
    if (!memory) abort();
    return memory;
}

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

void image_flush(image *image, uint64_t *seed, unsigned kept) {
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

void image_remember(image *image, sqlite3_int64 offset, const void *bytes, int count) {
    pending *change = checked(calloc(1, sizeof *change));
    change->offset = offset;
    change->count = count;
    if (bytes) change->bytes = memcpy(checked(malloc((size_t)count + 1)), bytes, (size_t)count);
    *image->last = change;
    image->last = &change->next;
}

image *image_named(const char *path) {
    for (image *image = image_all; image; image = image->next) {
        if (!strcmp(image->path, path)) return image;
    }
    return NULL;
}

image *image_open(const char *path) {
    image *found = image_named(path);
    if (!found) {
        found = checked(calloc(1, sizeof *found));
        found->path = checked(strdup(path));
        found->last = &found->first;
        found->next = image_all;
        image_all = found;
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

void image_sync_directory(const char *path) {
    size_t length = (size_t)(strrchr(path, '/') - path) + 1;
    for (image *image = image_all; image; image = image->next) {
        bool is_beside = !strncmp(image->path, path, length) && !strchr(image->path + length, '/');
        if (is_beside) image->is_named = !image->is_deleted;
    }
}

int image_settle(image *image, uint64_t *seed, unsigned kept) {
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

void image_forget_all(void) {
    for (image *image = image_all, *next; image; image = next) {
        next = image->next;
        image_flush(image, NULL, 0);
        free(image->bytes);
        free(image->path);
        free(image);
    }
    image_all = NULL;
}
