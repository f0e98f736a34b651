// Sends requests to 127.0.0.1 over connections that stay open, each as soon as the one before it
// was answered, and tells how that went.
//
//     load_generator PORT FILE CONNECTIONS REQUESTS SECONDS
//
// FILE holds the requests as "LENGTH\n" and so many bytes each; they are sent in their order, again
// and again, until REQUESTS are sent or SECONDS are over; all of them are waited for. Prints
// {"sent": n, "answered": n, "refused": n, "lost": n, "seconds": s, "p50_ms": ms, "p99_ms": ms}:
// `refused` has another status than 200, `lost` no answer.
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

enum { EVENTS = 256, READ_BYTES = 1 << 14, PATIENCE_MS = 20000 };

typedef struct {
    const char *bytes;
    size_t length;
} Request;

typedef struct {
    int fd;
    long long begun;  // 0: nothing is waited for
    const Request *request;
    size_t sent;
    int writing;  // epoll tells when more can be written
    Buffer in;
} Connection;

static Request *requests;
static size_t request_count;
static unsigned long sent, answered, refused, lost, most;
static long long deadline, last_answer;
static double *latencies;
static size_t latency_count, latency_capacity;
static int poller, port;

static void fail(const char *why) {
    fprintf(stderr, "load_generator: %s\n", why);
    exit(2);
}

static Buffer read_file(const char *path) {
    Buffer content = {0};
    FILE *file = fopen(path, "rb");
    if (!file) fail("the requests cannot be read");
    for (size_t got = 1; got;) {
        buffer_reserve(&content, 1 << 20);
        got = fread(content.bytes + content.length, 1, 1 << 20, file);
        content.length += got;
    }
    fclose(file);
    return content;
}

static void find_requests(const Buffer *content) {
    size_t at = 0, capacity = 0;
    while (at < content->length) {
        char *end;
        size_t length = strtoul(content->bytes + at, &end, 10);
        at = (size_t)(end - content->bytes) + 1;
        if (!length || at + length > content->length) fail("a request is cut off");
        if (request_count == capacity) {
            capacity = 2 * capacity + 16;
            requests = realloc(requests, capacity * sizeof *requests);
            if (!requests) abort();
        }
        requests[request_count++] = (Request){content->bytes + at, length};
        at += length;
    }
    if (!request_count) fail("there is no request");
}

static void watch(Connection *connection, int change, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(poller, change, connection->fd, &event);
}

static void open_connection(Connection *connection) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->fd, (void *)&address, sizeof address)) fail("nothing listens");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void write_more(Connection *connection) {
    const Request *request = connection->request;
    while (connection->sent < request->length) {
        ssize_t written = send(connection->fd, request->bytes + connection->sent, request->length - connection->sent, MSG_DONTWAIT);
        if (written < 0) break;  // what is wrong, reading tells
        connection->sent += (size_t)written;
    }
    int writing = connection->sent < request->length;
    if (writing != connection->writing) watch(connection, EPOLL_CTL_MOD, writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
    connection->writing = writing;
}

static void send_next(Connection *connection) {
    connection->begun = 0;
    if (sent >= most || now_ns() >= deadline) return;
    connection->request = &requests[sent++ % request_count];
    connection->begun = now_ns();
    connection->sent = 0;
    write_more(connection);
}

static void note_latency(long long nanoseconds) {
    if (latency_count == latency_capacity) {
        latency_capacity = 2 * latency_capacity + 1024;
        latencies = realloc(latencies, latency_capacity * sizeof *latencies);
        if (!latencies) abort();
    }
    latencies[latency_count++] = (double)nanoseconds / 1e6;
}

static void lose(Connection *connection) {
    if (connection->begun) lost++;
    close(connection->fd);
    connection->in.length = 0;
    connection->writing = 0;
    open_connection(connection);
    send_next(connection);
}

static void read_answers(Connection *connection) {
    buffer_reserve(&connection->in, READ_BYTES);
    ssize_t got = recv(connection->fd, connection->in.bytes + connection->in.length, READ_BYTES, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lose(connection);
    connection->in.length += (size_t)got;
    Message message = {0};
    int found = find_message(&connection->in, 0, &message);
    if (found < 0) fail("an answer does not say its length");
    if (!found) return;
    last_answer = now_ns();
    note_latency(last_answer - connection->begun);
    if (strncmp(connection->in.bytes, "HTTP/1.1 200 ", 13)) refused++;
    else answered++;
    buffer_drop(&connection->in, message.head + message.body);
    send_next(connection);
}

static int compare(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double percentile(double share) {
    return latency_count ? latencies[(size_t)(share * (double)(latency_count - 1) + 0.5)] : 0;
}

int main(int count, char **words) {
    if (count != 6) fail("PORT FILE CONNECTIONS REQUESTS SECONDS are needed");
    signal(SIGPIPE, SIG_IGN);
    port = atoi(words[1]);
    Buffer content = read_file(words[2]);
    find_requests(&content);
    size_t connections = strtoul(words[3], NULL, 10);
    most = strtoul(words[4], NULL, 10);
    poller = epoll_create1(0);
    Connection *all = calloc(connections, sizeof *all);
    if (!all) abort();
    for (size_t i = 0; i < connections; i++) open_connection(&all[i]);
    long long begun = last_answer = now_ns();
    deadline = begun + (long long)(atof(words[5]) * 1e9);
    for (size_t i = 0; i < connections; i++) send_next(&all[i]);
    while (answered + refused + lost < sent) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poller, events, EVENTS, PATIENCE_MS);
        if (!ready) break;
        for (int i = 0; i < ready; i++) {
            Connection *connection = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) write_more(connection);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_answers(connection);
        }
    }
    qsort(latencies, latency_count, sizeof *latencies, compare);
    printf("{\"sent\": %lu, \"answered\": %lu, \"refused\": %lu, \"lost\": %lu, \"seconds\": %.6f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
           sent, answered, refused, sent - answered - refused, (double)(last_answer - begun) / 1e9, percentile(0.5), percentile(0.99));
    return 0;
}
