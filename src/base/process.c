/* SPDX-License-Identifier: Apache-2.0
 *
 * posix_spawn, a pipe, and an end to it in any case.
 */
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int out; /* its standard output */
    bool own_group;
};

static int set_attributes(posix_spawnattr_t *attr, bool own_group)
{
    sigset_t all, none;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attr, &all);
    posix_spawnattr_setsigmask(attr, &none);
    if (own_group) {
        posix_spawnattr_setpgroup(attr, 0);
        flags |= POSIX_SPAWN_SETPGROUP;
    }
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
    int r = set_attributes(&attr, ret->own_group);
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
    kill(c->own_group ? -c->pid : c->pid, SIGKILL);
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

int process_run(const struct process_call *call, const struct wait *w, struct buf *out,
                int *ret_status, struct err *e)
{
    int ends[2], status;
    struct child c = {.own_group = !call->shares_input};
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(e, errno, "cannot make a pipe: %s", strerror(errno));
    c.out = ends[0];
    int r = spawn(call, ends[1], &c);
    close(ends[1]);
    if (r < 0) {
        close(ends[0]);
        return err_set(e, -r, "%s", strerror(-r));
    }
    r = read_all(&c, w, out, e);
    if (r == 0)
        r = reap(&c, w, ret_status, e);
    if (r < 0)
        kill_child(&c);
    close(ends[0]);
    if (r < 0) {
        while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    return r;
}
