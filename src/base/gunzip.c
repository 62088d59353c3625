/* SPDX-License-Identifier: Apache-2.0
 *
 * zlib's inflate on our allocation layer. Several gzip members after each other are one text, as in
 * gzip itself.
 */
#include "base/gunzip.h"

#include <zlib.h>

#include "base/alloc.h"

struct gunzip {
    z_stream z;
    bool complete; /* at the end of a member */
    uint64_t in, out;
    unsigned char piece[GUNZIP_PIECE];
};

enum { GZIP_ONLY = 16 + MAX_WBITS };

static void *take(void *ctx UNUSED, unsigned n, unsigned size)
{
    return mem_try_realloc(NULL, (size_t)n * size);
}

static void give_back(void *ctx UNUSED, void *p)
{
    mem_free(p);
}

struct gunzip *gunzip_new(void)
{
    struct gunzip *g = mem_calloc(1, sizeof(*g));
    g->z.zalloc = take;
    g->z.zfree = give_back;
    if (inflateInit2(&g->z, GZIP_ONLY) != Z_OK) {
        mem_free(g);
        mem_out();
    }
    return g;
}

void gunzip_free(struct gunzip *g)
{
    if (!g)
        return;
    inflateEnd(&g->z);
    mem_free(g);
}

void gunzip_give(struct gunzip *g, struct str packed)
{
    g->z.next_in = (z_const Bytef *)(uintptr_t)packed.p;
    g->z.avail_in = (uInt)packed.n;
    g->in += packed.n;
}

static int judge(struct gunzip *g, int result, struct err *e)
{
    switch (result) {
    case Z_STREAM_END:
        g->complete = true;
        return 0;
    case Z_OK:
    case Z_BUF_ERROR: /* no progress: nothing more to do with what there is */
        return 0;
    case Z_MEM_ERROR:
        return err_set(e, ENOMEM, "out of memory");
    default:
        return err_set(e, EBADMSG, "the answer is no gzip although it says so: %s",
                       g->z.msg ? g->z.msg : "bad data");
    }
}

int gunzip_take(struct gunzip *g, struct str *ret, struct err *e)
{
    g->z.next_out = g->piece;
    g->z.avail_out = sizeof(g->piece);
    for (;;) {
        if (g->complete && g->z.avail_in) {
            inflateReset(&g->z);
            g->complete = false;
        }
        if (g->complete)
            break;
        unsigned before_in = g->z.avail_in, before_out = g->z.avail_out;
        int r = judge(g, inflate(&g->z, Z_NO_FLUSH), e);
        if (r < 0)
            return r;
        bool moved = g->z.avail_in != before_in || g->z.avail_out != before_out;
        if (!g->z.avail_out || (!moved && !g->complete))
            break;
    }
    size_t n = sizeof(g->piece) - g->z.avail_out;
    g->out += n;
    if (g->out > GUNZIP_FREE && g->out / GUNZIP_RATIO > g->in)
        return err_set(e, EBADMSG, "the answer unpacks to more than %d times its size",
                       GUNZIP_RATIO);
    *ret = (struct str){(const char *)g->piece, n};
    return n > 0;
}

bool gunzip_is_complete(const struct gunzip *g)
{
    return g->complete && !g->z.avail_in;
}
