/* SPDX-License-Identifier: Apache-2.0
 *
 * File by file, by one thread.
 */
#include "source/each.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "source/packed.h"
#include "source/source.h"

/* A longer text that begins with a brace is JSON, as a tree takes ten times its size. */
#define TREE_BYTES   ((size_t)(4 * MIB))
#define LARGEST_TEXT ((size_t)1 << 30)

struct files {
    each_fn *fn;
    void (*bad)(void *ctx, const struct err *e);
    void *ctx;
    int stopped; /* by fn: the input is not at fault */
    struct buf text;
};

static int take_object(void *ctx, const struct each_object *o, struct err *e)
{
    struct files *f = ctx;
    f->stopped = f->fn(f->ctx, o, e);
    return f->stopped;
}

static void take_bad(void *ctx, const struct err *e)
{
    struct files *f = ctx;
    f->bad(f->ctx, e);
}

struct opened {
    int fd;
    struct packed *packed; /* NULL: it is not */
};

static ssize_t read_fd(void *ctx, char *to, size_t most, struct err *e)
{
    struct opened *in = ctx;
    if (in->packed)
        return packed_read(in->packed, to, most, e);
    for (;;) {
        ssize_t n = read(in->fd, to, most);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return err_set(e, errno, "cannot be read: %s", strerror(errno));
    }
}

/* f->text grows to `most` bytes. 1: the file has ended, 0: there is more. */
static int read_some(struct files *f, struct opened *in, size_t most, struct err *e)
{
    char piece[64 << 10];
    while (f->text.n < most) {
        ssize_t n = read_fd(in, piece, sizeof(piece), e);
        if (n <= 0)
            return n < 0 ? (int)n : 1;
        buf_add(&f->text, piece, (size_t)n);
    }
    return 0;
}

static int each_in_text(struct files *f, struct str name, struct opened *opened, struct err *e)
{
    struct each_input in = {.name = name, .read = read_fd, .ctx = opened};
    int r = read_some(f, opened, TREE_BYTES, e);
    in.begun = buf_str(&f->text);
    struct str start = str_trim(str_sub(in.begun, 0, 256));
    if (r == 0 && start.n && start.p[0] == '{') {
        struct arena a;
        struct list_head head;
        arena_init(&a);
        r = object_list_each(&in, take_object, f, &a, &head, e);
        arena_done(&a);
        return r;
    }
    if (r == 0)
        r = read_some(f, opened, LARGEST_TEXT, e);
    if (r == 0)
        return err_set(e, EFBIG, "is too large");
    in.begun = buf_str(&f->text);
    return r < 0 ? r : documents_each(&in, take_object, take_bad, f, e);
}

static int each_in_fd(struct files *f, struct str name, int fd, struct err *e)
{
    struct opened in = {.fd = fd};
    buf_clear(&f->text);
    int r = read_some(f, &in, 1, e);
    if (r < 0 || !packed_is(buf_str(&f->text)))
        return r < 0 ? r : each_in_text(f, name, &in, e);
    struct buf begun CLEANUP(buf_done);
    buf_init(&begun, LARGEST_TEXT);
    buf_add_str(&begun, buf_str(&f->text));
    buf_clear(&f->text);
    in.packed = packed_new(fd, buf_str(&begun));
    r = each_in_text(f, name, &in, e);
    packed_free(in.packed);
    return r;
}

static int each_in_file(struct files *f, struct str path, struct err *e)
{
    bool is_stdin = str_is(path, "-");
    struct str name = is_stdin ? STR("<stdin>") : path;
    int fd = is_stdin ? STDIN_FILENO : open(path.p, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int r = fd < 0 ? err_set(e, errno, "cannot be read: %s", strerror(errno))
                   : each_in_fd(f, name, fd, e);
    if (fd > 0)
        close(fd);
    if (r < 0 && !e->where[0])
        snprintf(e->where, sizeof(e->where), STR_FMT, STR_ARG(name));
    return r;
}

static void report_unlisted(struct files *f, const struct cluster *c)
{
    for (size_t i = 0; i < c->problems.count; i++) {
        struct err e = {0};
        err_at(&e, EIO, c->problems.items[i].file, 0, 0, STR_FMT,
               STR_ARG(c->problems.items[i].message));
        f->bad(f->ctx, &e);
    }
}

int source_each(const struct source_options *o, each_fn *fn,
                void (*bad)(void *ctx, const struct err *e), void *ctx, struct err *e)
{
    struct files f = {.fn = fn, .bad = bad, .ctx = ctx};
    struct arena a;
    struct cluster problems = {.arena = &a};
    struct str_list paths = {0};
    arena_init(&a);
    buf_init(&f.text, LARGEST_TEXT);
    int r = source_list(o, &a, &paths, &problems);
    report_unlisted(&f, &problems);
    for (size_t i = 0; i < paths.count && r == 0; i++) {
        struct err why = {0};
        r = each_in_file(&f, paths.items[i], &why);
        if (f.stopped < 0 || r == -ENOMEM) {
            *e = why;
        } else if (r < 0) {
            bad(ctx, &why);
            r = 0;
        }
    }
    buf_done(&f.text);
    arena_done(&a);
    return r == -ENOMEM ? err_set(e, ENOMEM, "out of memory") : r;
}
