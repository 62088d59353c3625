/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread reads and cuts the text into blocks of whole items, the others (and it, when they are
 * behind) parse and decode them. Blocks are bounded in number and size, so memory does not grow with
 * the input, only with the objects.
 */
#include "source/bulk.h"

#include <pthread.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/json_split.h"
#include "model/decode.h"
#include "source/join.h"

enum { BLOCK_BYTES = 1 << 20, BLOCKS = 6, MOST_THREADS = 8 };
/* An object that is no list is kept whole. */
#define LARGEST_OBJECT ((size_t)1 << 30)

struct block {
    char *text;
    size_t cap, start, end; /* items are [start, end) */
    uint32_t line;          /* of its first byte, 1-based */
    struct cluster *result;
    struct block *next;
};

struct parser {
    struct arena keep, scratch;
    struct decode_cache cache;
};

struct bulk {
    const struct bulk_input *in;
    struct str api_version, kind; /* of the list */
    struct block blocks[BLOCKS];
    /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct block *ready, **ready_end, *idle;
    bool no_more, out_of_memory;
    struct parser parsers[MOST_THREADS];
};

/* ---- parsing a block ---- */

/* What every object of a live cluster carries and nothing here reads: often a third of the bytes. */
#define UNWANTED STR("managedFields")

static int parse_item(struct parser *p, struct json_cursor *c, struct decode_input *in,
                      const struct bulk *b, struct cluster *result, struct err *e)
{
    struct doc_builder builder;
    struct doc_root root = {.start = (size_t)(c->p - c->begin)};
    doc_build_init(&builder, &p->scratch, &root);
    builder.unwanted = UNWANTED;
    int r = json_build(c, &builder, NULL, e);
    doc_build_done(&builder);
    if (r == 0)
        decode_list_item(in, &root, b->api_version, b->kind, result);
    arena_reset(&p->scratch);
    return r;
}

static void parse_block(struct bulk *b, struct parser *p, const struct block *k)
{
    struct str text = {k->text + k->start, k->end - k->start};
    struct decode_input in = {.a = &p->keep, .source = b->in->source, .bulk = true};
    in.text = text;
    in.cache = &p->cache;
    struct json_cursor c;
    json_cursor_init(&c, b->in->source->name, text);
    c.line = k->line;
    struct err e = {0};
    int r = 0;
    for (json_skip_space(&c); r == 0 && c.p < c.end; json_skip_space(&c)) {
        if (*c.p == ',')
            c.p++;
        else
            r = parse_item(p, &c, &in, b, k->result, &e);
    }
    if (r < 0)
        cluster_unreadable(&p->keep, k->result, b->in->source->name, pos_of_err(&e),
                           arena_str(&p->keep, str_of(e.msg)));
}

static void give_back(struct bulk *b, struct block *k)
{
    pthread_mutex_lock(&b->lock);
    k->next = b->idle;
    b->idle = k;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

/* The next ready block; waits for one if told to. NULL: none (will come). */
static struct block *take_ready(struct bulk *b, bool wait)
{
    pthread_mutex_lock(&b->lock);
    while (wait && !b->ready && !b->no_more)
        pthread_cond_wait(&b->changed, &b->lock);
    struct block *k = b->ready;
    if (k) {
        b->ready = k->next;
        if (!b->ready)
            b->ready_end = &b->ready;
    }
    pthread_mutex_unlock(&b->lock);
    return k;
}

struct thread {
    struct bulk *b;
    struct parser *p;
};

static int parse_blocks(void *arg)
{
    struct thread *t = arg;
    for (struct block *k; (k = take_ready(t->b, true));) {
        parse_block(t->b, t->p, k);
        give_back(t->b, k);
    }
    return 0;
}

static void *parse_protected(void *arg)
{
    struct thread *t = arg;
    if (mem_protect(parse_blocks, t) < 0) {
        pthread_mutex_lock(&t->b->lock);
        t->b->out_of_memory = true;
        pthread_cond_broadcast(&t->b->changed);
        pthread_mutex_unlock(&t->b->lock);
    }
    return NULL;
}

/* ---- reading and cutting ---- */

struct cutter {
    struct bulk *b;
    struct arena *keep;
    struct json_split split;
    struct block *now;
    size_t filled; /* bytes in now->text */
    uint32_t line;
    bool at_end;
    int error;
    LIST_OF(struct cluster *) results;
};

static void add_ready(struct bulk *b, struct block *k)
{
    pthread_mutex_lock(&b->lock);
    k->next = NULL;
    *b->ready_end = k;
    b->ready_end = &k->next;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

/* A block to fill. While all are in use, parses one itself. NULL: out of memory in a thread. */
static struct block *take_idle(struct bulk *b, struct parser *own)
{
    for (;;) {
        pthread_mutex_lock(&b->lock);
        while (!b->idle && !b->ready && !b->out_of_memory)
            pthread_cond_wait(&b->changed, &b->lock);
        struct block *k = b->out_of_memory ? NULL : b->idle;
        bool stop = b->out_of_memory;
        if (k)
            b->idle = k->next;
        pthread_mutex_unlock(&b->lock);
        if (k || stop)
            return k;
        k = take_ready(b, false);
        if (k) {
            parse_block(b, own, k);
            give_back(b, k);
        }
    }
}

static void fill(struct cutter *c)
{
    struct block *k = c->now;
    while (!c->at_end && c->filled < k->cap) {
        ssize_t n = read(c->b->in->fd, k->text + c->filled, k->cap - c->filled);
        if (n > 0)
            c->filled += (size_t)n;
        else if (n == 0)
            c->at_end = true;
        else if (errno != EINTR) {
            c->error = -errno;
            c->at_end = true;
        }
    }
}

static uint32_t count_lines(struct str text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

/* The list's kind, if it came before the items: what the items leave out. */
static void read_list_kind(struct cutter *c)
{
    struct arena a;
    struct buf text;
    struct doc_root root = {0};
    arena_init(&a);
    buf_init(&text, LARGEST_OBJECT);
    buf_add_str(&text, buf_str(&c->split.header));
    buf_add_cstr(&text, "]}");
    if (json_parse(STR(""), buf_str(&text), &a, &root, NULL) == 0) {
        c->b->kind = arena_str(c->keep, doc_text(root.root, "kind"));
        c->b->api_version = arena_str(c->keep, doc_text(root.root, "apiVersion"));
    }
    buf_done(&text);
    arena_done(&a);
}

static int dispatch(struct cutter *c, struct str items, size_t used)
{
    struct block *k = c->now;
    size_t rest = c->filled - used;
    k->start = (size_t)(items.p - k->text);
    k->end = k->start + items.n;
    k->line = c->line;
    k->result = arena_new(c->keep, struct cluster);
    *PUSH(c->keep, &c->results) = k->result;
    struct block *next = take_idle(c->b, &c->b->parsers[0]);
    if (!next)
        return -ENOMEM;
    if (next->cap < rest + BLOCK_BYTES) {
        next->cap = rest + BLOCK_BYTES;
        next->text = mem_realloc(next->text, next->cap);
    }
    memcpy(next->text, k->text + used, rest);
    c->line += count_lines((struct str){k->text, used});
    c->now = next;
    c->filled = rest;
    add_ready(c->b, k);
    return 0;
}

static int cut(void *arg)
{
    struct cutter *c = arg;
    for (;;) {
        fill(c);
        struct str text = {c->now->text, c->filled}, items;
        size_t used = json_split_feed(&c->split, text, &items);
        bool began = c->split.phase == SPLIT_ITEMS && !c->b->kind.p && !items.n;
        if (began)
            read_list_kind(c);
        if (items.n) {
            int r = dispatch(c, items, used);
            if (r < 0)
                return r;
        } else if (used) {
            c->line += count_lines((struct str){text.p, used});
            memmove(c->now->text, text.p + used, c->filled - used);
            c->filled -= used;
        } else if (c->at_end) {
            return 0;
        } else if (c->filled == c->now->cap) {
            c->now->cap *= 2;
            c->now->text = mem_realloc(c->now->text, c->now->cap);
        }
    }
}

/* ---- the object around the items ---- */

struct header_ctx {
    const struct decode_input *in;
    struct cluster *c;
};

static int decode_header(void *ctx, const struct doc *header, struct err *e)
{
    (void)e;
    struct header_ctx *h = ctx;
    if (str_ends(doc_text(header, "kind"), "List"))
        return 0;
    struct doc copy = *header;
    struct doc_root root = {.root = &copy, .start = header->start, .end = header->end};
    decode_document(h->in, &root, h->c);
    return 0;
}

static void finish(struct cutter *c, struct cluster *ret)
{
    struct err e = {0};
    struct arena scratch;
    const struct source *source = c->b->in->source;
    struct str rest = {c->now->text, c->filled};
    arena_init(&scratch);
    for (size_t i = 0; i < c->results.count; i++)
        cluster_join(c->keep, ret, c->results.items[i]);
    size_t documents = ret->documents;
    int r = c->error ? err_set(&e, -c->error, "cannot be read: %s", strerror(-c->error))
                     : json_split_end(&c->split, rest, &e);
    struct pos at = {c->line + count_lines(rest), 0};
    if (r == 0) {
        struct decode_input in = {.a = c->keep, .source = source, .bulk = true};
        struct header_ctx ctx = {&in, ret};
        struct json_stream s = {.header = decode_header, .ctx = &ctx};
        r = json_parse_list(source->name, buf_str(&c->split.header), &scratch, &s, &e);
        at = (struct pos){0, 0}; /* positions in the header are not those of the input */
    }
    if (r < 0)
        cluster_unreadable(c->keep, ret, source->name, at, arena_str(c->keep, str_of(e.msg)));
    ret->documents = documents + 1;
    arena_done(&scratch);
}

/* ---- the whole ---- */

static int cut_all(struct bulk *b, struct cutter *c, unsigned threads)
{
    pthread_t ids[MOST_THREADS];
    struct thread jobs[MOST_THREADS];
    unsigned started = 0;
    for (unsigned i = 1; i < MIN(threads, (unsigned)MOST_THREADS); i++) {
        jobs[started] = (struct thread){b, &b->parsers[i]};
        if (pthread_create(&ids[started], NULL, parse_protected, &jobs[started]) != 0)
            break;
        started++;
    }
    int r = mem_protect(cut, c);
    pthread_mutex_lock(&b->lock);
    b->no_more = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    struct thread own = {b, &b->parsers[0]};
    if (r == 0)
        r = mem_protect(parse_blocks, &own);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    return b->out_of_memory ? -ENOMEM : r;
}

static void bulk_done(struct bulk *b, struct arena *keep)
{
    for (size_t i = 0; i < BLOCKS; i++)
        mem_free(b->blocks[i].text);
    for (size_t i = 0; i < MOST_THREADS; i++) {
        arena_absorb(keep, &b->parsers[i].keep);
        arena_done(&b->parsers[i].scratch);
        decode_cache_done(&b->parsers[i].cache);
    }
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
}

int bulk_read(const struct bulk_input *in, struct arena *keep, struct cluster *c)
{
    struct bulk *b = mem_calloc(1, sizeof(*b));
    b->in = in;
    b->ready_end = &b->ready;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    for (size_t i = 0; i < MOST_THREADS; i++) {
        arena_init(&b->parsers[i].keep);
        arena_init(&b->parsers[i].scratch);
        decode_cache_init(&b->parsers[i].cache);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        b->blocks[i].next = b->idle;
        b->idle = &b->blocks[i];
    }
    struct cutter cutter = {.b = b, .keep = keep, .line = 1};
    json_split_init(&cutter.split, LARGEST_OBJECT);
    cutter.now = b->idle;
    b->idle = b->idle->next;
    cutter.now->cap = in->begun.n + BLOCK_BYTES;
    cutter.now->text = mem_alloc(cutter.now->cap);
    memcpy(cutter.now->text, in->begun.p, in->begun.n);
    cutter.filled = in->begun.n;
    int r = cut_all(b, &cutter, in->threads);
    if (r == 0)
        finish(&cutter, c);
    bulk_done(b, keep);
    json_split_done(&cutter.split);
    mem_free(b);
    return r;
}
