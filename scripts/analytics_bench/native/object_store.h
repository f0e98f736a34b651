// What the fake services keep: everything that is sent, in memory, in the order of arrival.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 16 };
static const size_t MOST_STORED_BYTES = (size_t)2 << 30;

typedef struct Object {
    struct Object *next, *next_in_bucket;  // in the order of arrival; with the same hash
    char *path;                            // of the URL, percent-decoded
    char *content;
    size_t length;
} Object;

static Object *first_object, **last_object = &first_object, *buckets[BUCKETS];
static size_t stored_bytes;

static Object **bucket_of(const char *path) {
    uint32_t hash = 2166136261u;  // FNV-1a
    for (; *path; path++) hash = (hash ^ (unsigned char)*path) * 16777619u;
    return &buckets[hash % BUCKETS];
}

static Object *find_object(const char *path) {
    Object *object = *bucket_of(path);
    while (object && strcmp(object->path, path)) object = object->next_in_bucket;
    return object;
}

// Keeps a copy; takes the path. Returns 0 when there is no room left.
static int keep(char *path, const char *content, size_t length) {
    if (stored_bytes + length > MOST_STORED_BYTES) return free(path), 0;
    Object *object = malloc(sizeof *object), **bucket = bucket_of(path);
    char *copy = malloc(length + 1);
    if (!object || !copy) abort();
    memcpy(copy, content, length);
    *object = (Object){.path = path, .content = copy, .length = length, .next_in_bucket = *bucket};
    *bucket = *last_object = object;
    last_object = &object->next;
    stored_bytes += length;
    return 1;
}

static void forget_all(void) {
    for (Object *object = first_object, *next; object; object = next) {
        next = object->next;
        free(object->path);
        free(object->content);
        free(object);
    }
    first_object = NULL;
    last_object = &first_object;
    memset(buckets, 0, sizeof buckets);
    stored_bytes = 0;
}
