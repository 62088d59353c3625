/* SPDX-License-Identifier: Apache-2.0
 *
 * O_TMPFILE, flush, a name beside the target, rename. Where the file system knows no unnamed files the
 * temporary name is there from the beginning.
 */
#include "act/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/fd.h"

enum { BUFFER_BYTES = 64 << 10, LONGEST_NAME = 4096, MOST_TRIES = 100, LEVEL = 6 };

struct act_output {
    int fd;
    bool replaces; /* a regular file, in one step */
    bool has_name; /* the temporary file has one already */
    bool zipped;
    z_stream z;
    size_t filled;
    char shown[LONGEST_NAME], target[LONGEST_NAME], temporary[LONGEST_NAME];
    unsigned char buffer[BUFFER_BYTES], packed[BUFFER_BYTES];
};

static int failed(struct act_output *o, struct err *e, int code)
{
    return err_set(e, code, "cannot write %.200s: %s", o->shown, strerror(code));
}

static void *z_alloc(void *ignored, unsigned n, unsigned size)
{
    (void)ignored;
    return mem_calloc(n, size);
}
static void z_free(void *ignored, void *p)
{
    (void)ignored;
    mem_free(p);
}

/* ---- opening ---- */

/* "FOLDER/.NAME.123456"; the process' id keeps two apart, the number tries. */
static int name_temporary(struct act_output *o, int try)
{
    struct str target = str_of(o->target);
    ptrdiff_t slash = str_rfind_char(target, '/');
    int n = snprintf(o->temporary, sizeof(o->temporary), STR_FMT ".%.200s.%d.%d",
                     STR_ARG(str_sub(target, 0, (size_t)(slash + 1))), o->target + slash + 1,
                     (int)getpid(), try);
    return n > 0 && (size_t)n < sizeof(o->temporary) ? 0 : -ENAMETOOLONG;
}

static int open_temporary(struct act_output *o)
{
    char folder[LONGEST_NAME];
    struct str target = str_of(o->target);
    ptrdiff_t slash = str_rfind_char(target, '/');
    int n = snprintf(folder, sizeof(folder), STR_FMT,
                     STR_ARG(slash < 0    ? STR(".")
                             : slash == 0 ? STR("/")
                                          : str_sub(target, 0, (size_t)slash)));
    if (n < 0 || (size_t)n >= sizeof(folder))
        return -ENAMETOOLONG;
    o->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    for (int try = 0; o->fd < 0 && try < MOST_TRIES; try++) {
        if (errno != EOPNOTSUPP && errno != EISDIR && errno != EEXIST && errno != EINVAL)
            return -errno;
        int r = name_temporary(o, try);
        if (r < 0)
            return r;
        o->fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        o->has_name = o->fd >= 0;
    }
    return o->fd < 0 ? -errno : 0;
}

static int open_file(struct act_output *o, struct str name)
{
    struct stat st;
    if ((size_t)snprintf(o->target, sizeof(o->target), STR_FMT, STR_ARG(name)) >= sizeof(o->target))
        return -ENAMETOOLONG;
    bool exists = stat(o->target, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) {
        o->fd = open(o->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return o->fd < 0 ? -errno : 0;
    }
    /* A link stays one: the file that it points to is replaced. */
    char *real = exists ? realpath(o->target, NULL) : NULL;
    if (real && strlen(real) < sizeof(o->target))
        memcpy(o->target, real, strlen(real) + 1);
    free(real);
    o->replaces = true;
    return open_temporary(o);
}

int act_output_open(struct str name, struct act_output **ret, struct err *e)
{
    struct act_output *o = mem_calloc(1, sizeof(*o));
    o->fd = STDOUT_FILENO;
    snprintf(o->shown, sizeof(o->shown), STR_FMT, STR_ARG(name.p ? name : STR("standard output")));
    int r = name.p ? open_file(o, name) : 0;
    if (r < 0) {
        r = failed(o, e, -r);
        mem_free(o);
        return r;
    }
    if (name.p && str_ends(name, ".gz")) {
        o->zipped = true;
        o->z = (z_stream){.zalloc = z_alloc, .zfree = z_free};
        /* 15 + 16: the largest window, and gzip's header and checksum around it. */
        if (deflateInit2(&o->z, LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            mem_out();
    }
    *ret = o;
    return 0;
}

/* ---- writing ---- */

/* how: Z_NO_FLUSH, or Z_FINISH at the end. */
static int pack(struct act_output *o, int how)
{
    o->z.next_in = o->buffer;
    o->z.avail_in = (unsigned)o->filled;
    do {
        o->z.next_out = o->packed;
        o->z.avail_out = sizeof(o->packed);
        deflate(&o->z, how);
        struct str out = {(const char *)o->packed, sizeof(o->packed) - o->z.avail_out};
        int r = fd_write_all(o->fd, out);
        if (r < 0)
            return r;
    } while (o->z.avail_out == 0);
    return 0;
}

static int flush(struct act_output *o, bool last)
{
    int r = o->zipped ? pack(o, last ? Z_FINISH : Z_NO_FLUSH)
                      : fd_write_all(o->fd, (struct str){(const char *)o->buffer, o->filled});
    o->filled = 0;
    return r;
}

int act_output_write(struct act_output *o, struct str text, struct err *e)
{
    while (text.n) {
        size_t n = MIN(text.n, sizeof(o->buffer) - o->filled);
        memcpy(o->buffer + o->filled, text.p, n);
        o->filled += n;
        text = str_sub(text, n, text.n);
        int r = o->filled == sizeof(o->buffer) ? flush(o, false) : 0;
        if (r < 0)
            return failed(o, e, -r);
    }
    return 0;
}

/* ---- the end ---- */

static void output_free(struct act_output *o)
{
    if (o->zipped)
        deflateEnd(&o->z);
    if (o->fd >= 0 && o->fd != STDOUT_FILENO)
        close(o->fd);
    mem_free(o);
}

static int give_name(struct act_output *o)
{
    char fd_path[64];
    snprintf(fd_path, sizeof(fd_path), "/proc/self/fd/%d", o->fd);
    for (int try = 0; !o->has_name && try < MOST_TRIES; try++) {
        int r = name_temporary(o, try);
        if (r < 0)
            return r;
        if (linkat(AT_FDCWD, fd_path, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW) == 0)
            o->has_name = true;
        else if (errno != EEXIST)
            return -errno;
    }
    return o->has_name ? 0 : -EEXIST;
}

static int put_in_place(struct act_output *o)
{
    if (!o->replaces)
        return 0;
    int r = fsync(o->fd) < 0 ? -errno : give_name(o);
    if (r == 0 && rename(o->temporary, o->target) < 0)
        r = -errno;
    if (r < 0 && o->has_name)
        unlink(o->temporary);
    return r;
}

int act_output_commit(struct act_output *o, struct err *e)
{
    int r = flush(o, true);
    if (r == 0)
        r = put_in_place(o);
    else if (o->has_name)
        unlink(o->temporary);
    if (r < 0)
        r = failed(o, e, -r);
    output_free(o);
    return r;
}

void act_output_abandon(struct act_output *o)
{
    if (!o)
        return;
    if (o->has_name)
        unlink(o->temporary);
    output_free(o);
}
