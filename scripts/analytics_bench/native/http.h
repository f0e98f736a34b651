// The little of HTTP/1.1 that the fake services and the load generator speak: one message after
// another on a connection, each with its Content-Length.
#pragma once
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

typedef struct {
    char *bytes;
    size_t length, capacity;
} Buffer;

// Makes room for so many more bytes; without memory there is nothing to go on with.
static void buffer_reserve(Buffer *buffer, size_t more) {
    if (buffer->capacity - buffer->length >= more) return;
    buffer->capacity = 2 * buffer->capacity + more;
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (!buffer->bytes) abort();
}

static inline void buffer_append(Buffer *buffer, const char *bytes, size_t length) {
    buffer_reserve(buffer, length);
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

// Removes the first bytes; most often they are all there is.
static void buffer_drop(Buffer *buffer, size_t length) {
    buffer->length -= length;
    if (buffer->length) memmove(buffer->bytes, buffer->bytes + length, buffer->length);
}

static inline void buffer_free(Buffer *buffer) {
    free(buffer->bytes);
    *buffer = (Buffer){0};
}

// Where a message's parts are; `head` counts the empty line at its end.
typedef struct {
    size_t head, body;
} Message;

// Returns the value of a header, NULL when there is none; `name` ends with the colon.
static const char *header(const char *head, size_t length, const char *name) {
    size_t name_length = strlen(name);
    const char *end = head + length, *line = head;
    while ((line = memchr(line, '\n', (size_t)(end - line)))) {
        line++;
        if ((size_t)(end - line) < name_length) return NULL;
        if (!strncasecmp(line, name, name_length)) {
            line += name_length;
            while (*line == ' ') line++;
            return line;
        }
    }
    return NULL;
}

// Finds the first message; returns 1 when it is whole, 0 when more is to come, -1 when its length
// is not said. A body without a length is empty where `may_lack_length`.
static int find_message(const Buffer *buffer, int may_lack_length, Message *message) {
    const char *end = memmem(buffer->bytes, buffer->length, "\r\n\r\n", 4);
    if (!end) return 0;
    message->head = (size_t)(end - buffer->bytes) + 4;
    if (header(buffer->bytes, message->head, "transfer-encoding:")) return -1;
    const char *length = header(buffer->bytes, message->head, "content-length:");
    if (!length && !may_lack_length) return -1;
    message->body = length ? strtoul(length, NULL, 10) : 0;
    return buffer->length >= message->head + message->body;
}

static inline long long now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}
