// What the fake services answer; fake_services.c says which requests there are.
#pragma once
#include <stdio.h>

#include "http.h"
#include "md5.h"
#include "object_store.h"

typedef struct {
    Buffer in, out;
} Exchange;

static unsigned long stored, inserts, reads;
static long long delay_ns;

static void answer(Exchange *exchange, const char *status, const char *headers, const char *body, size_t length) {
    char head[512];
    int head_length = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, length, headers);
    buffer_append(&exchange->out, head, (size_t)head_length);
    buffer_append(&exchange->out, body, length);
}

static const char JSON[] = "Content-Type: application/json; charset=UTF-8\r\n";

static void answer_json(Exchange *exchange, const char *status, const char *body) {
    answer(exchange, status, JSON, body, strlen(body));
}

static void answer_stored(Exchange *exchange) {
    Buffer list = {0};
    char line[64];
    for (const Object *object = first_object; object; object = object->next) {
        buffer_append(&list, object->path, strlen(object->path));
        buffer_append(&list, line, (size_t)snprintf(line, sizeof line, " %zu\n", object->length));
        buffer_append(&list, object->content, object->length);
        buffer_append(&list, "\n", 1);
    }
    answer(exchange, "200 OK", "", list.bytes ? list.bytes : "", list.length);
    buffer_free(&list);
}

static void control(Exchange *exchange, const char *target) {
    char body[256];
    if (!strncmp(target, "/_control/stored", 16)) return answer_stored(exchange);
    if (!strncmp(target, "/_control/reset", 15)) {
        const char *delay = strstr(target, "delay_ms=");
        forget_all();
        stored = inserts = reads = 0;
        delay_ns = delay ? (long long)(atof(delay + 9) * 1e6) : 0;
    }
    snprintf(body, sizeof body, "{\"stored\": %lu, \"inserts\": %lu, \"reads\": %lu, \"bytes\": %zu}", stored, inserts, reads, stored_bytes);
    answer_json(exchange, "200 OK", body);
}

// ---- routes

static int hex_digit(char letter) {
    const char *digits = "0123456789abcdef", *found = letter ? strchr(digits, letter | (letter > '9' ? 32 : 0)) : NULL;
    return found ? (int)(found - digits) : -1;
}

// Returns the percent-decoded path of a target, without its query; a space ends a path's line, so
// what a client sent as %20 or %0A stays as it was sent.
static char *decoded_path(const char *target) {
    size_t length = strcspn(target, "?");
    char *path = malloc(length + 1), *end = path;
    if (!path) abort();
    for (size_t i = 0; i < length; i++) {
        int high = target[i] == '%' ? hex_digit(target[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(target[i + 2]);
        int letter = low < 0 ? 0 : high * 16 + low;
        if (letter > ' ') *end++ = (char)letter, i += 2;
        else *end++ = target[i];
    }
    *end = 0;
    return path;
}

static void put_object(Exchange *exchange, const char *target, const Message *message) {
    char *path = decoded_path(target), md5[MD5_HEX_LENGTH + 1], headers[256];
    const char *content = exchange->in.bytes + message->head;
    const char *wanted = header(exchange->in.bytes, message->head, "x-goog-if-generation-match:");
    if (wanted && *wanted == '0' && find_object(path)) {
        free(path);
        return answer(exchange, "412 Precondition Failed", "", "", 0);
    }
    md5_hex(content, message->body, md5);
    if (!keep(path, content, message->body)) return answer(exchange, "507 Insufficient Storage", "", "", 0);
    stored++;
    snprintf(headers, sizeof headers, "ETag: \"%s\"\r\nx-goog-generation: 1700000000000001\r\n", md5);
    answer(exchange, "200 OK", headers, "", 0);
}

static void post_object(Exchange *exchange, const char *target, const Message *message) {
    if (!keep(decoded_path(target), exchange->in.bytes + message->head, message->body))
        return answer(exchange, "507 Insufficient Storage", "", "", 0);
    stored++;
    answer_json(exchange, "200 OK", "{\"kind\": \"storage#object\", \"bucket\": \"b\", \"name\": \"n\", \"generation\": \"1700000000000001\", \"metageneration\": \"1\"}");
}

static void insert_rows(Exchange *exchange, const char *target, const Message *message) {
    if (!keep(decoded_path(target), exchange->in.bytes + message->head, message->body))
        return answer(exchange, "507 Insufficient Storage", "", "", 0);
    inserts++;
    answer_json(exchange, "200 OK", "{\"kind\": \"bigquery#tableDataInsertAllResponse\"}");
}

static void get_object(Exchange *exchange, const char *target) {
    char *path = decoded_path(target), *bucket = strstr(path, "/b/"), *name = bucket ? strstr(bucket, "/o/") : NULL;
    const Object *object = NULL;
    if (name) {  // ".../b/BUCKET/o/NAME" is what was put as "/BUCKET/NAME"
        memmove(name + 1, name + 3, strlen(name + 3) + 1);
        object = find_object(bucket + 2);
    }
    free(path);
    reads++;
    if (!object) return answer_json(exchange, "404 Not Found", "{}");
    answer(exchange, "200 OK", "X-Goog-Generation: 1700000000000001\r\nETag: \"CJ2l0pXXXX\"\r\n", object->content, object->length);
}

static int is_slow(const char *target) { return strncmp(target, "/_control/", 10) != 0; }

static void serve(Exchange *exchange, const char *method, const char *target, const Message *message) {
    if (!is_slow(target)) return control(exchange, target);
    if (strstr(target, "/insertAll")) return insert_rows(exchange, target, message);
    if (!strcmp(method, "PUT")) return put_object(exchange, target, message);
    if (!strcmp(method, "POST") && !strncmp(target, "/upload/", 8)) return post_object(exchange, target, message);
    if (!strcmp(method, "GET")) return get_object(exchange, target);
    answer_json(exchange, "404 Not Found", "{}");
}
