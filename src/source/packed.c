/* SPDX-License-Identifier: Apache-2.0
 *
 * base/gunzip over a file descriptor.
 */
#include "source/packed.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/gunzip.h"

enum { CHUNK = 64 << 10 };

struct packed {
    int fd;
    struct gunzip *gunzip;
    struct str begun, left; /* left: unpacked, and not yet taken */
    bool at_end;
    char chunk[CHUNK];
};

bool packed_is(struct str begun)
{
    return begun.n >= 3 && memcmp(begun.p, "\x1f\x8b\x08", 3) == 0;
}

struct packed *packed_new(int fd, struct str begun)
{
    struct gunzip *g = gunzip_new();
    struct packed *p = mem_calloc(1, sizeof(*p));
    *p = (struct packed){.fd = fd, .gunzip = g, .begun = begun};
    return p;
}

void packed_free(struct packed *p)
{
    if (p)
        gunzip_free(p->gunzip);
    mem_free(p);
}

/* More packed bytes: 1, or 0 at the end of the file. */
static int give_more(struct packed *p, struct err *e)
{
    if (p->begun.n) {
        gunzip_give(p->gunzip, p->begun);
        p->begun = STR_NONE;
        return 1;
    }
    ssize_t n;
    do
        n = read(p->fd, p->chunk, sizeof(p->chunk));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set(e, errno, "cannot be read: %s", strerror(errno));
    if (n > 0)
        gunzip_give(p->gunzip, (struct str){p->chunk, (size_t)n});
    else if (!gunzip_is_complete(p->gunzip))
        return err_set(e, EBADMSG, "cannot be unpacked: the gzip text ends too early");
    return n > 0;
}

ssize_t packed_read(struct packed *p, char *to, size_t most, struct err *e)
{
    while (!p->left.n && !p->at_end) {
        int r = gunzip_take(p->gunzip, &p->left, e);
        if (r < 0)
            return err_wrap(e, "cannot be unpacked");
        if (r == 0) {
            r = give_more(p, e);
            if (r < 0)
                return r;
            p->at_end = r == 0;
        }
    }
    size_t n = MIN(most, p->left.n);
    if (n)
        memcpy(to, p->left.p, n);
    p->left = str_sub(p->left, n, p->left.n);
    return (ssize_t)n;
}
