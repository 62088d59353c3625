/* SPDX-License-Identifier: Apache-2.0
 *
 * Names are looked up in a thread of their own, because getaddrinfo() knows no deadline: a resolver that does
 * not answer would hold us for 30 seconds and more. A thread that is given up ends by itself.
 */
#include "base/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/url.h"

enum {
    MOST_ADDRESSES = 8,
    NEXT_ADDRESS_MS = 250, /* RFC 8305, section 5 */
    MOST_HOST_BYTES = 255,
};

/* ---- names ---- */

struct lookup {
    char host[MOST_HOST_BYTES + 1];
    char port[8];
    int result; /* of getaddrinfo() */
    struct addrinfo *list;
    atomic_bool done;
    int done_pipe[2]; /* the thread closes its end: something to poll for */
    atomic_int users; /* the thread and whoever waits */
};

static void lookup_drop(struct lookup *l)
{
    if (atomic_fetch_sub(&l->users, 1) > 1)
        return;
    if (l->list)
        freeaddrinfo(l->list);
    close(l->done_pipe[0]);
    mem_free(l);
}

static void lookup_run(struct lookup *l)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    l->result = getaddrinfo(l->host, l->port, &hints, &l->list);
}

static void *lookup_thread(void *arg)
{
    struct lookup *l = arg;
    int pipe_end = l->done_pipe[1];
    lookup_run(l);
    atomic_store(&l->done, true);
    close(pipe_end);
    lookup_drop(l);
    return NULL;
}

/* Signals stay with the threads that expect them. */
static int start_thread(struct lookup *l)
{
    sigset_t all, before;
    pthread_t thread;
    pthread_attr_t how;
    sigfillset(&all);
    pthread_attr_init(&how);
    pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&thread, &how, lookup_thread, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&how);
    return -r;
}

static bool is_address(const char *host)
{
    unsigned char room[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, room) == 1 || strchr(host, ':');
}

static int lookup_failed(const struct lookup *l, struct err *e)
{
    switch (l->result) {
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
        return err_set(e, ENOENT, "there is no host \"%s\"", l->host);
    case EAI_MEMORY:
        return err_set(e, ENOMEM, "out of memory");
    case EAI_AGAIN:
        return err_set(e, EAGAIN, "the name server does not answer for \"%s\"", l->host);
    default:
        return err_set(e, EIO, "cannot look up \"%s\": %s", l->host, gai_strerror(l->result));
    }
}

static int lookup_wait(struct lookup *l, const struct wait *w, struct err *e)
{
    int r = wait_fd(w, l->done_pipe[0], POLLIN);
    if (r == -ETIMEDOUT)
        return err_set(e, ETIMEDOUT, "no name server has answered for \"%s\" in time", l->host);
    if (r < 0)
        return err_set(e, -r, "stopped");
    return atomic_load(&l->done) && l->result ? lookup_failed(l, e) : 0;
}

/* *ret_l is to be dropped, also after an error if it is not NULL. */
static int lookup(struct str host, uint16_t port, const struct wait *w, struct lookup **ret_l,
                  struct err *e)
{
    if (host.n > MOST_HOST_BYTES)
        return err_set(e, EINVAL, "a host name of %zu characters", host.n);
    struct lookup *l = mem_calloc(1, sizeof(*l));
    memcpy(l->host, host.p, host.n);
    snprintf(l->port, sizeof(l->port), "%u", port);
    atomic_init(&l->users, 1);
    if (pipe2(l->done_pipe, O_CLOEXEC) < 0) {
        mem_free(l);
        return err_set(e, errno, "cannot make a pipe: %s", strerror(errno));
    }
    *ret_l = l;
    if (!is_address(l->host)) {
        atomic_store(&l->users, 2);
        if (start_thread(l) == 0)
            return lookup_wait(l, w, e);
        atomic_store(&l->users, 1);
    }
    close(l->done_pipe[1]);
    lookup_run(l);
    return l->result ? lookup_failed(l, e) : 0;
}

/* ---- connections ---- */

struct attempt {
    int fd; /* -1: failed or not begun */
    int error;
    const struct addrinfo *to;
};
struct race {
    struct attempt of[MOST_ADDRESSES];
    size_t count, begun;
};

/* A peer that is gone without a word is known after a minute and a half, as in Go's defaults; Linux would
 * take two hours. */
static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {{IPPROTO_TCP, TCP_NODELAY, 1},
                   {SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, 15},
                   {IPPROTO_TCP, TCP_KEEPINTVL, 15},
                   {IPPROTO_TCP, TCP_KEEPCNT, 5}};
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                   sizeof(options[i].value));
}

static void begin(struct attempt *t)
{
    const struct addrinfo *to = t->to;
    t->fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0) {
        t->error = errno;
        return;
    }
    set_options(t->fd);
    if (connect(t->fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS)
        return;
    t->error = errno;
    close(t->fd);
    t->fd = -1;
}

/* Looks at the attempts under way. The descriptor that is connected, or -1. */
static int race_look(struct race *r, int64_t wait_ms)
{
    struct pollfd polls[MOST_ADDRESSES];
    for (size_t i = 0; i < r->begun; i++)
        polls[i] = (struct pollfd){.fd = r->of[i].fd, .events = POLLOUT};
    if (poll(polls, r->begun, (int)wait_ms) <= 0)
        return -1;
    for (size_t i = 0; i < r->begun; i++) {
        struct attempt *t = &r->of[i];
        socklen_t size = sizeof(t->error);
        if (t->fd < 0 || !polls[i].revents)
            continue;
        int fd = t->fd;
        t->fd = -1;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &t->error, &size) == 0 && !t->error)
            return fd;
        close(fd);
    }
    return -1;
}

static bool race_waits(const struct race *r)
{
    for (size_t i = 0; i < r->begun; i++)
        if (r->of[i].fd >= 0)
            return true;
    return false;
}

/* What the first address said, unless this machine just has no way to its family. */
static int race_error(const struct race *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->of[i].error != ENETUNREACH && r->of[i].error != EADDRNOTAVAIL)
            return -r->of[i].error;
    return r->count ? -r->of[0].error : -ENOENT;
}

static int race_run(struct race *r, const struct wait *w, int *ret_fd)
{
    int64_t next_ms = clock_ms();
    for (;;) {
        if (r->begun < r->count && (!race_waits(r) || clock_ms() >= next_ms)) {
            begin(&r->of[r->begun++]);
            next_ms = clock_ms() + NEXT_ADDRESS_MS;
        }
        if (!race_waits(r)) {
            if (r->begun == r->count)
                return race_error(r);
            continue;
        }
        int64_t slice = MIN(wait_left_ms(w), 100);
        *ret_fd = race_look(r, slice);
        if (*ret_fd >= 0)
            return 0;
        if (w->stop && atomic_load(w->stop))
            return -EINTR;
        if (wait_left_ms(w) == 0)
            return -ETIMEDOUT;
    }
}

static void add_tried(struct buf *b, const struct race *r)
{
    char address[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < r->begun; i++) {
        const struct sockaddr *to = r->of[i].to->ai_addr;
        const void *bytes = &((const struct sockaddr_in *)(const void *)to)->sin_addr;
        in_port_t port = ((const struct sockaddr_in *)(const void *)to)->sin_port;
        if (to->sa_family == AF_INET6)
            bytes = &((const struct sockaddr_in6 *)(const void *)to)->sin6_addr;
        inet_ntop(to->sa_family, bytes, address, sizeof(address));
        buf_add_cstr(b, i ? ", " : "");
        url_add_authority(b, str_of(address), ntohs(port));
    }
}

static int race_failed(const struct race *r, int code, struct err *e)
{
    struct buf tried CLEANUP(buf_done);
    buf_init(&tried, KIB);
    add_tried(&tried, r);
    if (code == -EINTR)
        return err_set(e, EINTR, "stopped");
    const char *why = code == -ETIMEDOUT      ? "no answer in time"
                      : code == -ECONNREFUSED ? "connection refused"
                      : code == -EHOSTUNREACH ? "no route to the host"
                      : code == -ENETUNREACH  ? "the network cannot be reached"
                                              : strerror(-code);
    return err_set(e, -code, "%s (" STR_FMT ")", why, STR_ARG(buf_str(&tried)));
}

int socket_connect(struct str host, uint16_t port, const struct wait *w, int *ret_fd, struct err *e)
{
    struct lookup *l = NULL;
    struct race race = {0};
    int fd = -1;
    int r = lookup(host, port, w, &l, e);
    for (const struct addrinfo *a = r < 0 || !l ? NULL : l->list; a; a = a->ai_next)
        if (race.count < MOST_ADDRESSES)
            race.of[race.count++] = (struct attempt){.fd = -1, .to = a};
    if (r == 0) {
        r = race_run(&race, w, &fd);
        if (r < 0)
            race_failed(&race, r, e);
    }
    for (size_t i = 0; i < race.begun; i++)
        if (race.of[i].fd >= 0)
            close(race.of[i].fd);
    if (l)
        lookup_drop(l);
    if (r == 0)
        *ret_fd = fd;
    return r;
}

ptrdiff_t socket_read(int fd, void *p, size_t n)
{
    ssize_t got;
    do
        got = recv(fd, p, n, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ptrdiff_t socket_write(int fd, const void *p, size_t n)
{
    ssize_t put;
    do
        put = send(fd, p, n, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    /* EPIPE is for our own output: nobody reads it any more. This is the same as a reset. */
    return put >= 0 ? put : errno == EPIPE ? -ECONNRESET : -errno;
}

bool socket_is_quiet(int fd)
{
    char c;
    return recv(fd, &c, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}
