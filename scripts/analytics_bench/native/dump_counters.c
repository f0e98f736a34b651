// Loaded into a process that callgrind watches: makes it write its counters, and begin again at
// zero, whenever it is asked to. The first time begins the counting, so that the start is fast.
//
// callgrind_control does not reach the worker that gunicorn forks. This asks within: a process that
// was forked reads the named pipe COUNTERS_PIPE, a byte for each time; others call dump_counters().
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

void dump_counters(void) {
    static int counting;
    if (!counting) {
        counting = 1;
        CALLGRIND_START_INSTRUMENTATION;
    }
    CALLGRIND_DUMP_STATS;
}

static void *listen_to_pipe(void *path) {
    char byte;
    int pipe = open(path, O_RDWR);  // its own writer, too: it never ends
    while (read(pipe, &byte, 1) == 1) dump_counters();
    return NULL;
}

static void listen_in_child(void) {
    pthread_t thread;
    char *path = getenv("COUNTERS_PIPE");
    if (path && !pthread_create(&thread, NULL, listen_to_pipe, path)) pthread_detach(thread);
}

__attribute__((constructor)) static void wait_for_fork(void) { pthread_atfork(NULL, NULL, listen_in_child); }
