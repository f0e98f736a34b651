// A fast fake of Cloud Storage and of BigQuery's insertAll, on 127.0.0.1 alone.
//
//     fake_services          prints the port that it listens on, and ends with its standard input
//
//     PUT  /BUCKET/NAME                     stores; answers the MD5 as ETag, 412 for a name taken
//     POST /upload/storage/v1/b/BUCKET/o    stores the body as it came; answers an object resource
//     GET  .../b/BUCKET/o/NAME?alt=media    answers what was stored by PUT
//     POST .../insertAll                    stores the body, answers that all rows were inserted
//     POST /_control/reset?delay_ms=N          forgets everything; later answers take N ms
//     GET  /_control/counters                  {"stored": objects, "inserts": n, "reads": n, "bytes": n}
//     GET  /_control/stored                    for each stored: "PATH LENGTH\n", the bytes and "\n"
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "md5.h"

enum { BUCKETS = 1 << 16, EVENTS = 256, READ_BYTES = 1 << 16 };
static const size_t MOST_MESSAGE_BYTES = 64u << 20, MOST_STORED_BYTES = (size_t)2 << 30;

typedef struct Object {
    struct Object *next, *next_in_bucket;  // in the order of arrival; with the same hash
    char *path;                            // of the URL, percent-decoded
    char *content;
    size_t length;
} Object;

typedef struct Connection {
    int fd;
    int waiting;  // its answer is due later: it is in the queue
    int writing;  // epoll tells when more can be written
    long long due;
    struct Connection *before, *after;  // in the queue
    Buffer in, out;
} Connection;

static Object *first_object, **last_object = &first_object, *buckets[BUCKETS];
static unsigned long stored, inserts, reads;
static size_t stored_bytes;
static long long delay_ns;
static Connection queue = {.before = &queue, .after = &queue};  // the delay is one: first in, first out
static int poller;

// ---- what is stored

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
    stored = inserts = reads = stored_bytes = 0;
}

// ---- answers

static void answer(Connection *connection, const char *status, const char *headers, const char *body, size_t length) {
    char head[512];
    int head_length = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, length, headers);
    buffer_append(&connection->out, head, (size_t)head_length);
    buffer_append(&connection->out, body, length);
}

static const char JSON[] = "Content-Type: application/json; charset=UTF-8\r\n";

static void answer_json(Connection *connection, const char *status, const char *body) {
    answer(connection, status, JSON, body, strlen(body));
}

static void answer_stored(Connection *connection) {
    Buffer list = {0};
    char line[64];
    for (const Object *object = first_object; object; object = object->next) {
        buffer_append(&list, object->path, strlen(object->path));
        buffer_append(&list, line, (size_t)snprintf(line, sizeof line, " %zu\n", object->length));
        buffer_append(&list, object->content, object->length);
        buffer_append(&list, "\n", 1);
    }
    answer(connection, "200 OK", "", list.bytes ? list.bytes : "", list.length);
    buffer_free(&list);
}

static void control(Connection *connection, const char *target) {
    char body[256];
    if (!strncmp(target, "/_control/stored", 16)) return answer_stored(connection);
    if (!strncmp(target, "/_control/reset", 15)) {
        const char *delay = strstr(target, "delay_ms=");
        forget_all();
        delay_ns = delay ? (long long)(atof(delay + 9) * 1e6) : 0;
    }
    snprintf(body, sizeof body, "{\"stored\": %lu, \"inserts\": %lu, \"reads\": %lu, \"bytes\": %zu}", stored, inserts, reads, stored_bytes);
    answer_json(connection, "200 OK", body);
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

static void put_object(Connection *connection, const char *target, const Message *message) {
    char *path = decoded_path(target), md5[MD5_HEX_LENGTH + 1], headers[256];
    const char *content = connection->in.bytes + message->head;
    const char *wanted = header(connection->in.bytes, message->head, "x-goog-if-generation-match:");
    if (wanted && *wanted == '0' && find_object(path)) {
        free(path);
        return answer(connection, "412 Precondition Failed", "", "", 0);
    }
    md5_hex(content, message->body, md5);
    if (!keep(path, content, message->body)) return answer(connection, "507 Insufficient Storage", "", "", 0);
    stored++;
    snprintf(headers, sizeof headers, "ETag: \"%s\"\r\nx-goog-generation: 1700000000000001\r\n", md5);
    answer(connection, "200 OK", headers, "", 0);
}

static void post_object(Connection *connection, const char *target, const Message *message) {
    if (!keep(decoded_path(target), connection->in.bytes + message->head, message->body))
        return answer(connection, "507 Insufficient Storage", "", "", 0);
    stored++;
    answer_json(connection, "200 OK", "{\"kind\": \"storage#object\", \"bucket\": \"b\", \"name\": \"n\", \"generation\": \"1700000000000001\", \"metageneration\": \"1\"}");
}

static void insert_rows(Connection *connection, const char *target, const Message *message) {
    if (!keep(decoded_path(target), connection->in.bytes + message->head, message->body))
        return answer(connection, "507 Insufficient Storage", "", "", 0);
    inserts++;
    answer_json(connection, "200 OK", "{\"kind\": \"bigquery#tableDataInsertAllResponse\"}");
}

static void get_object(Connection *connection, const char *target) {
    char *path = decoded_path(target), *bucket = strstr(path, "/b/"), *name = bucket ? strstr(bucket, "/o/") : NULL;
    const Object *object = NULL;
    if (name) {  // ".../b/BUCKET/o/NAME" is what was put as "/BUCKET/NAME"
        memmove(name + 1, name + 3, strlen(name + 3) + 1);
        object = find_object(bucket + 2);
    }
    free(path);
    reads++;
    if (!object) return answer_json(connection, "404 Not Found", "{}");
    answer(connection, "200 OK", "X-Goog-Generation: 1700000000000001\r\nETag: \"CJ2l0pXXXX\"\r\n", object->content, object->length);
}

static int is_slow(const char *target) { return strncmp(target, "/_control/", 10) != 0; }

static void serve(Connection *connection, const char *method, const char *target, const Message *message) {
    if (!is_slow(target)) return control(connection, target);
    if (strstr(target, "/insertAll")) return insert_rows(connection, target, message);
    if (!strcmp(method, "PUT")) return put_object(connection, target, message);
    if (!strcmp(method, "POST") && !strncmp(target, "/upload/", 8)) return post_object(connection, target, message);
    if (!strcmp(method, "GET")) return get_object(connection, target);
    answer_json(connection, "404 Not Found", "{}");
}

// ---- connections

static void watch(Connection *connection, int change, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(poller, change, connection->fd, &event);
}

static void leave_queue(Connection *connection) {
    connection->before->after = connection->after;
    connection->after->before = connection->before;
    connection->waiting = 0;
}

static void end(Connection *connection) {
    if (connection->waiting) leave_queue(connection);
    close(connection->fd);
    buffer_free(&connection->in);
    buffer_free(&connection->out);
    free(connection);
}

// Sends what is answered; returns 0 when the connection is lost.
static int flush(Connection *connection) {
    Buffer *out = &connection->out;
    size_t sent = 0;
    while (sent < out->length) {
        ssize_t written = write(connection->fd, out->bytes + sent, out->length - sent);
        if (written < 0 && errno != EAGAIN) return 0;
        if (written < 0) break;
        sent += (size_t)written;
    }
    buffer_drop(out, sent);
    int writing = out->length > 0;
    if (writing != connection->writing) watch(connection, EPOLL_CTL_MOD, writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
    connection->writing = writing;
    return 1;
}

// Serves the first request when it is whole and none is being answered; returns 0 when the
// connection is lost or does not speak as it must.
static int proceed(Connection *connection) {
    while (!connection->waiting && !connection->out.length) {
        Message message = {0};
        int found = connection->in.length ? find_message(&connection->in, 1, &message) : 0;
        if (found < 0 || message.body > MOST_MESSAGE_BYTES) return 0;
        if (!found) return 1;
        char *line_end = memchr(connection->in.bytes, '\r', message.head);
        *line_end = 0;
        char *method = connection->in.bytes, *target = strchr(method, ' '), *rest = target ? strchr(target + 1, ' ') : NULL;
        if (!rest) return 0;
        *target++ = *rest = 0;
        *line_end = '\r';
        serve(connection, method, target, &message);
        int delayed = delay_ns && is_slow(target);
        buffer_drop(&connection->in, message.head + message.body);
        if (!delayed) {
            if (!flush(connection)) return 0;
            continue;
        }
        connection->waiting = 1;
        connection->due = now_ns() + delay_ns;
        connection->before = queue.before, connection->after = &queue;
        queue.before = queue.before->after = connection;
    }
    return 1;
}

static int receive(Connection *connection) {
    for (;;) {
        buffer_reserve(&connection->in, READ_BYTES);
        ssize_t got = read(connection->fd, connection->in.bytes + connection->in.length, READ_BYTES);
        if (got < 0 && errno == EAGAIN) return 1;
        if (got <= 0 || connection->in.length > MOST_MESSAGE_BYTES) return 0;
        connection->in.length += (size_t)got;
        if (got < READ_BYTES) return 1;
    }
}

static void handle(Connection *connection, uint32_t events) {
    int alive = !(events & EPOLLOUT) || flush(connection);
    if (alive && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) alive = receive(connection);
    if (!alive || !proceed(connection)) end(connection);
}

static void accept_all(int listener) {
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        Connection *connection = calloc(1, sizeof *connection);
        if (!connection) abort();
        connection->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void answer_what_is_due(void) {
    for (long long now = now_ns(); queue.after != &queue && queue.after->due <= now;) {
        Connection *connection = queue.after;
        leave_queue(connection);
        if (!flush(connection) || !proceed(connection)) end(connection);
    }
}

static struct timespec *time_until_due(struct timespec *time) {
    if (queue.after == &queue) return NULL;
    long long left = queue.after->due - now_ns();
    if (left < 0) left = 0;
    *time = (struct timespec){.tv_sec = left / 1000000000LL, .tv_nsec = left % 1000000000LL};
    return time;
}

static int listen_on_loopback(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (void *)&address, length) || listen(listener, 4096) ||
        getsockname(listener, (void *)&address, &length)) {
        perror("fake_services");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    poller = epoll_create1(0);
    Connection listener = {.fd = listen_on_loopback()}, parent = {.fd = STDIN_FILENO};
    watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
    watch(&parent, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        struct epoll_event events[EVENTS];
        struct timespec time;
        int count = epoll_pwait2(poller, events, EVENTS, time_until_due(&time), NULL);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &parent) return 0;
            if (events[i].data.ptr == &listener) accept_all(listener.fd);
            else handle(events[i].data.ptr, events[i].events);
        }
        answer_what_is_due();  // after the events: it may end a connection that one of them names
    }
}
