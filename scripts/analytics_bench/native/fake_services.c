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
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_routes.h"

enum { EVENTS = 256, READ_BYTES = 1 << 16 };
static const size_t MOST_MESSAGE_BYTES = 64u << 20;

typedef struct Connection {
    int fd;
    int waiting;  // its answer is due later: it is in the queue
    int writing;  // epoll tells when more can be written
    long long due;
    struct Connection *before, *after;  // in the queue
    Exchange exchange;
} Connection;

static Connection queue = {.before = &queue, .after = &queue};  // the delay is one: first in, first out
static int poller;

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
    buffer_free(&connection->exchange.in);
    buffer_free(&connection->exchange.out);
    free(connection);
}

// Sends what is answered; returns 0 when the connection is lost.
static int flush(Connection *connection) {
    Buffer *out = &connection->exchange.out;
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
    while (!connection->waiting && !connection->exchange.out.length) {
        Message message = {0};
        int found = connection->exchange.in.length ? find_message(&connection->exchange.in, 1, &message) : 0;
        if (found < 0 || message.body > MOST_MESSAGE_BYTES) return 0;
        if (!found) return 1;
        char *line_end = memchr(connection->exchange.in.bytes, '\r', message.head);
        *line_end = 0;
        char *method = connection->exchange.in.bytes, *target = strchr(method, ' '), *rest = target ? strchr(target + 1, ' ') : NULL;
        if (!rest) return 0;
        *target++ = *rest = 0;
        *line_end = '\r';
        serve(&connection->exchange, method, target, &message);
        int delayed = delay_ns && is_slow(target);
        buffer_drop(&connection->exchange.in, message.head + message.body);
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
        buffer_reserve(&connection->exchange.in, READ_BYTES);
        ssize_t got = read(connection->fd, connection->exchange.in.bytes + connection->exchange.in.length, READ_BYTES);
        if (got < 0 && errno == EAGAIN) return 1;
        if (got <= 0 || connection->exchange.in.length > MOST_MESSAGE_BYTES) return 0;
        connection->exchange.in.length += (size_t)got;
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
