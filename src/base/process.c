/* SPDX-License-Identifier: Apache-2.0
 *
 * posix_spawn, a pipe, and an end to it in any case.
 */
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

enum { MOST_CHILDREN = 8, STARTING = -1 };

struct child {
    pid_t pid;
    int out; /* its standard output */
    bool own_session;
    int slot; /* -1: all were taken */
};

/* ---- signals ---- */

/* Whoever ends us ends what we have started: a program in a session of its own hears nothing of Ctrl-C, and
 * one that shares our terminal nothing of kill. Signals that are ignored, or that the caller handles (who
 * then says so by w->stop), are left alone. Process-wide, as signals are. */
static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static struct {
    pthread_mutex_t lock;
    int users; /* of the handlers */
    bool is_set[ARRAY_LEN(passed_on)];
    atomic_int pids[MOST_CHILDREN]; /* 0: free; STARTING */
    atomic_bool own_session[MOST_CHILDREN];
    atomic_int came; /* while one was starting */
} the_children = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void pass_on(int number, int pid, bool own_session)
{
    bool of_terminal = number == SIGINT || number == SIGQUIT;
    if (own_session)
        kill(-pid, number);
    else if (!of_terminal)
        kill(pid, number);
}

static void on_signal(int number)
{
    int before = errno;
    bool starting = false;
    atomic_store(&the_children.came, number);
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        int pid = atomic_load(&the_children.pids[i]);
        starting = starting || pid == STARTING;
        if (pid > 0)
            pass_on(number, pid, atomic_load(&the_children.own_session[i]));
    }
    errno = before;
    if (starting)
        return; /* heed_signal() goes on */
    signal(number, SIG_DFL);
    raise(number);
}

static void set_handlers(void)
{
    struct sigaction on = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, now;
    sigemptyset(&on.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(passed_on); i++) {
        bool ends_us = sigaction(passed_on[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL;
        the_children.is_set[i] = ends_us && sigaction(passed_on[i], &on, NULL) == 0;
    }
}

static void begin_child(struct child *c)
{
    int none = 0;
    pthread_mutex_lock(&the_children.lock);
    if (the_children.users++ == 0) {
        atomic_store(&the_children.came, 0);
        set_handlers();
    }
    pthread_mutex_unlock(&the_children.lock);
    for (c->slot = MOST_CHILDREN - 1; c->slot >= 0; c->slot--, none = 0)
        if (atomic_compare_exchange_strong(&the_children.pids[c->slot], &none, STARTING))
            break;
}

static void set_child(const struct child *c)
{
    if (c->slot >= 0) {
        atomic_store(&the_children.own_session[c->slot], c->own_session);
        atomic_store(&the_children.pids[c->slot], c->pid);
    }
}

/* A signal that came while it was being started. */
static void heed_signal(const struct child *c)
{
    int number = atomic_load(&the_children.came);
    if (!number)
        return;
    if (c->pid > 0)
        pass_on(number, c->pid, c->own_session);
    signal(number, SIG_DFL);
    raise(number);
}

static void end_child(const struct child *c)
{
    if (c->slot >= 0)
        atomic_store(&the_children.pids[c->slot], 0);
    pthread_mutex_lock(&the_children.lock);
    if (--the_children.users == 0)
        for (size_t i = 0; i < ARRAY_LEN(passed_on); i++)
            if (the_children.is_set[i])
                signal(passed_on[i], SIG_DFL);
    pthread_mutex_unlock(&the_children.lock);
}

/* ---- the program ---- */

/* Without our input it gets a session of its own: it cannot be stopped for good by asking at a terminal in
 * the background, and all that it starts can be ended with it. */
static int set_attributes(posix_spawnattr_t *attr, bool own_session)
{
    sigset_t all, none;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attr, &all);
    posix_spawnattr_setsigmask(attr, &none);
    if (own_session)
        flags |= POSIX_SPAWN_SETSID;
    return posix_spawnattr_setflags(attr, flags);
}

static int spawn(const struct process_call *call, int out, struct child *ret)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    if (posix_spawn_file_actions_init(&files))
        return -ENOMEM;
    if (posix_spawnattr_init(&attr)) {
        posix_spawn_file_actions_destroy(&files);
        return -ENOMEM;
    }
    int r = set_attributes(&attr, ret->own_session);
    if (r == 0 && !call->shares_input)
        r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawnp(&ret->pid, call->args[0], &files, &attr,
                         (char *const *)(uintptr_t)call->args, (char *const *)(uintptr_t)call->env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return -r;
}

/* Reads until the other end is closed. */
static int read_all(const struct child *c, const struct wait *w, struct buf *out, struct err *e)
{
    char part[4096];
    for (;;) {
        int r = wait_fd(w, c->out, POLLIN);
        if (r == -ETIMEDOUT)
            return err_set(e, ETIMEDOUT, "it has not ended in time");
        if (r < 0)
            return err_set(e, -r, "stopped");
        ssize_t n = read(c->out, part, sizeof(part));
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return err_set(e, errno, "cannot read what it prints: %s", strerror(errno));
        buf_add(out, part, n < 0 ? 0 : (size_t)n);
        if (out->overflow)
            return err_set(e, EFBIG, "it prints more than %zu bytes", out->max);
    }
}

static void kill_child(const struct child *c)
{
    kill(c->own_session ? -c->pid : c->pid, SIGKILL);
}

/* It has closed its output; it may take its time to end, but not more than w allows. */
static int reap(const struct child *c, const struct wait *w, int *ret_status, struct err *e)
{
    for (;;) {
        pid_t got = waitpid(c->pid, ret_status, WNOHANG);
        if (got == c->pid)
            return 0;
        if (got < 0 && errno != EINTR)
            return err_set(e, errno, "cannot wait for it: %s", strerror(errno));
        if (wait_sleep(w, 5) < 0)
            return err_set(e, ETIMEDOUT, "it has not ended in time");
    }
}

/* As one argument for mem_protect(): the child is ended also when memory is out. */
struct waiting {
    const struct child *c;
    const struct wait *w;
    struct buf *out;
    int *ret_status;
    struct err *e;
};

static int wait_for_end(void *arg)
{
    struct waiting *x = arg;
    int r = read_all(x->c, x->w, x->out, x->e);
    return r < 0 ? r : reap(x->c, x->w, x->ret_status, x->e);
}

static int start(const struct process_call *call, struct child *c, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(e, errno, "cannot make a pipe: %s", strerror(errno));
    c->out = ends[0];
    begin_child(c);
    int r = spawn(call, ends[1], c);
    close(ends[1]);
    if (r == 0)
        set_child(c);
    heed_signal(c);
    if (r < 0) {
        end_child(c);
        close(ends[0]);
        return err_set(e, -r, "%s", strerror(-r));
    }
    return 0;
}

int process_run(const struct process_call *call, const struct wait *w, struct buf *out,
                int *ret_status, struct err *e)
{
    struct child c = {.own_session = !call->shares_input};
    struct waiting x = {&c, w, out, ret_status, e};
    int status, r = start(call, &c, e);
    if (r < 0)
        return r;
    r = mem_protect(wait_for_end, &x);
    if (r < 0)
        kill_child(&c);
    close(c.out);
    if (r < 0) {
        while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    end_child(&c);
    return r == -ENOMEM ? err_set(e, ENOMEM, "out of memory") : r;
}
