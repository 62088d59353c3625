/* SPDX-License-Identifier: Apache-2.0
 *
 * The progress line is drawn by a thread of its own that reads counters, so that nothing waits for a
 * terminal. Signals reach it through the one thing a handler may touch: a lock-free flag.
 */
#include "cmd/progress.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "output/out.h"
#include "output/table.h"

enum { FIRST_MS = 1000, EVERY_MS = 200, BAR_WIDTH = 30 };
/* timeout(1) signals the process and then its group: that is one wish, not two. */
enum { ONE_SIGNAL_MS = 300 };

/* A handler has no argument of its own, and when memory is out the thread outlives every arena. */
static struct progress {
    struct sim_watch watch;
    atomic_llong stopped_ms; /* on the monotonic clock; 0 = not */
    struct out_format format;
    struct timespec begun;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool draws, ended, shown;
    struct sigaction before_int, before_term;
} the_progress;
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
    int64_t first = atomic_load(&the_progress.stopped_ms);
    if (first == 0) {
        caught = number;
        atomic_store(&the_progress.stopped_ms, ms);
        atomic_store(&the_progress.watch.stop, true);
    } else if (ms - first > ONE_SIGNAL_MS) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static const char *phase_words(int phase)
{
    switch (phase) {
    case SIM_PHASE_BOOKINGS:
        return "placing again what each contingency displaces";
    case SIM_PHASE_USAGE:
        return "contingencies at the usage of now";
    case SIM_PHASE_LINE:
        return "load line";
    case SIM_PHASE_GROUPS:
        return "load line by zone and pool";
    case SIM_PHASE_RUNS:
        return "runs";
    case SIM_PHASE_REMEDIES:
        return "remedies";
    default:
        return "working";
    }
}

static void add_bar(struct buf *b, size_t done, size_t total)
{
    size_t filled = done * BAR_WIDTH / total;
    buf_add_char(b, '[');
    for (size_t i = 0; i < BAR_WIDTH; i++)
        buf_add_char(b, i < filled ? '#' : '.');
    buf_add_char(b, ']');
}

/* Cut to the width of the terminal, so that one carriage return takes all of it back. */
static void draw(struct progress *p)
{
    struct sim_watch *w = &p->watch;
    struct timespec now;
    struct buf line CLEANUP(buf_done), text CLEANUP(buf_done);
    size_t total = atomic_load(&w->total), done = MIN(atomic_load(&w->done), total);
    long long factor = atomic_load(&w->factor);
    clock_gettime(CLOCK_MONOTONIC, &now);
    buf_init(&text, 1 * KIB);
    buf_init(&line, 2 * KIB);
    if (total) {
        add_bar(&text, done, total);
        buf_printf(&text, " %zu of %zu, ", done, total);
    }
    buf_printf(&text, "%lld s: ", (long long)(now.tv_sec - p->begun.tv_sec));
    buf_add_cstr(&text, atomic_load(&w->stop) ? "stopping, " : "");
    buf_add_cstr(&text, phase_words(atomic_load(&w->phase)));
    if (factor)
        buf_printf(&text, ", memory use x %.2f", (double)factor / 10000);
    buf_add_cstr(&line, "\r\x1b[K");
    style_begin(&line, &p->format, STYLE_DIM);
    buf_add_str(&line, str_sub(buf_str(&text), 0, p->format.columns ? p->format.columns - 1 : 79));
    style_end(&line, &p->format, STYLE_DIM);
    ssize_t ignored UNUSED = write(STDERR_FILENO, line.p, line.n);
    p->shown = true;
}

static void deadline(struct timespec *t, long ms)
{
    clock_gettime(CLOCK_MONOTONIC, t);
    t->tv_nsec += ms % 1000 * 1000000;
    t->tv_sec += ms / 1000 + t->tv_nsec / 1000000000;
    t->tv_nsec %= 1000000000;
}

static void *draw_lines(void *arg)
{
    struct progress *p = arg;
    struct timespec next;
    deadline(&next, FIRST_MS);
    pthread_mutex_lock(&p->lock);
    while (!p->ended) {
        if (pthread_cond_timedwait(&p->wake, &p->lock, &next) != ETIMEDOUT || p->ended)
            continue;
        draw(p);
        deadline(&next, EVERY_MS);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void begin_drawing(struct progress *p)
{
    pthread_condattr_t how;
    sigset_t all, before;
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&p->wake, &how);
    pthread_condattr_destroy(&how);
    pthread_mutex_init(&p->lock, NULL);
    /* Signals are for the thread that computes. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    p->draws = pthread_create(&p->thread, NULL, draw_lines, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct sim_watch *progress_begin(void)
{
    struct progress *p = &the_progress;
    struct sigaction on = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    memset(p, 0, sizeof(*p));
    sigemptyset(&on.sa_mask);
    caught = 0;
    sigaction(SIGINT, &on, &p->before_int);
    sigaction(SIGTERM, &on, &p->before_term);
    /* What was ignored (nohup, a background job of a script) stays ignored. */
    if (p->before_int.sa_handler == SIG_IGN)
        sigaction(SIGINT, &p->before_int, NULL);
    if (p->before_term.sa_handler == SIG_IGN)
        sigaction(SIGTERM, &p->before_term, NULL);
    clock_gettime(CLOCK_MONOTONIC, &p->begun);
    if (out_stderr_redraws(&p->format))
        begin_drawing(p);
    return &p->watch;
}

int progress_end(void)
{
    struct progress *p = &the_progress;
    if (p->draws) {
        pthread_mutex_lock(&p->lock);
        p->ended = true;
        pthread_cond_signal(&p->wake);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->thread, NULL);
        pthread_cond_destroy(&p->wake);
        pthread_mutex_destroy(&p->lock);
        p->draws = false;
    }
    if (p->shown) {
        ssize_t ignored UNUSED = write(STDERR_FILENO, "\r\x1b[K", 4);
        p->shown = false;
    }
    sigaction(SIGINT, &p->before_int, NULL);
    sigaction(SIGTERM, &p->before_term, NULL);
    return caught;
}
