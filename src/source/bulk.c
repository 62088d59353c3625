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
#include "source/packed.h"

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

struct bulk;
struct thread {
    struct bulk *b;
    struct parser *p;
};

/* The text that is being read. */
struct cutter {
    struct bulk *b;
    struct json_split split;
    struct block *now;
    size_t filled; /* bytes in now->text */
    uint32_t line;
    struct bulk_page *page;
    struct err *e;
};

struct bulk {
    struct cutter cutter;
    const struct source *source;
    struct arena *keep;
    struct str api_version, kind; /* of the list */
    LIST_OF(struct cluster *) results;
    struct block blocks[BLOCKS];
    pthread_t ids[MOST_THREADS];
    struct thread jobs[MOST_THREADS];
    unsigned started;
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
    struct decode_input in = {.a = &p->keep, .source = b->source, .bulk = true};
    in.text = text;
    in.cache = &p->cache;
    struct json_cursor c;
    json_cursor_init(&c, b->source->name, text);
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
        cluster_unreadable(&p->keep, k->result, b->source->name, pos_of_err(&e),
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

static void make_room(struct block *k, size_t cap)
{
    if (k->cap >= cap)
        return;
    k->text = mem_realloc(k->text, cap);
    k->cap = cap;
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
        c->b->kind = arena_str(c->b->keep, doc_text(root.root, "kind"));
        c->b->api_version = arena_str(c->b->keep, doc_text(root.root, "apiVersion"));
    }
    buf_done(&text);
    arena_done(&a);
}

static int dispatch(struct cutter *c, struct str items, size_t used)
{
    struct bulk *b = c->b;
    struct block *k = c->now;
    size_t rest = c->filled - used;
    k->start = (size_t)(items.p - k->text);
    k->end = k->start + items.n;
    k->line = c->line;
    k->result = arena_new(b->keep, struct cluster);
    *PUSH(b->keep, &b->results) = k->result;
    struct block *next = take_idle(b, &b->parsers[0]);
    if (!next)
        return -ENOMEM;
    make_room(next, rest + BLOCK_BYTES);
    memcpy(next->text, k->text + used, rest);
    c->line += count_lines((struct str){k->text, used});
    c->now = next;
    c->filled = rest;
    add_ready(b, k);
    return 0;
}

/* Cuts what is there; afterwards there is room for more. */
static int cut(struct cutter *c)
{
    for (;;) {
        struct str text = {c->now->text, c->filled}, items;
        size_t used = json_split_feed(&c->split, text, &items);
        bool began = c->split.phase == SPLIT_ITEMS && !c->b->kind.p && !items.n;
        if (began)
            read_list_kind(c);
        if (items.n)
            return dispatch(c, items, used);
        if (!used) {
            make_room(c->now, c->filled == c->now->cap ? c->now->cap * 2 : 0);
            return 0;
        }
        c->line += count_lines((struct str){text.p, used});
        memmove(c->now->text, text.p + used, c->filled - used);
        c->filled -= used;
    }
}

int bulk_begin(struct bulk *b)
{
    struct cutter *c = &b->cutter;
    *c = (struct cutter){.b = b, .line = 1};
    json_split_init(&c->split, LARGEST_OBJECT);
    c->now = take_idle(b, &b->parsers[0]);
    if (!c->now)
        return -ENOMEM;
    make_room(c->now, BLOCK_BYTES);
    return 0;
}

int bulk_room(struct bulk *b, char **ret, size_t *ret_bytes)
{
    struct cutter *c = &b->cutter;
    if (c->filled == c->now->cap) {
        int r = cut(c);
        if (r < 0)
            return r;
    }
    *ret = c->now->text + c->filled;
    *ret_bytes = c->now->cap - c->filled;
    return 0;
}

void bulk_filled(struct bulk *b, size_t bytes)
{
    b->cutter.filled += bytes;
}

int bulk_feed(struct bulk *b, struct str text)
{
    while (text.n) {
        char *to;
        size_t n;
        int r = bulk_room(b, &to, &n);
        if (r < 0)
            return r;
        n = MIN(n, text.n);
        memcpy(to, text.p, n);
        bulk_filled(b, n);
        text = str_sub(text, n, text.n);
    }
    return 0;
}

/* ---- the object around the items ---- */

struct header_ctx {
    struct cutter *cutter;
    struct cluster *result;
};

static int decode_header(void *ctx, const struct doc *header, struct err *e)
{
    (void)e;
    struct header_ctx *h = ctx;
    struct bulk *b = h->cutter->b;
    struct bulk_page *page = h->cutter->page;
    page->kind = arena_str(b->keep, doc_text(header, "kind"));
    page->next = arena_str(b->keep, doc_text(doc_get(header, "metadata"), "continue"));
    if (str_ends(page->kind, "List"))
        return 0;
    struct decode_input in = {.a = b->keep, .source = b->source, .bulk = true};
    struct doc copy = *header;
    struct doc_root root = {.root = &copy, .start = header->start, .end = header->end};
    decode_document(&in, &root, h->result);
    return 0;
}

/* What is left at the end of the input. */
static int cut_rest(struct cutter *c)
{
    for (size_t before = c->filled + 1; c->filled < before;) {
        before = c->filled;
        int r = cut(c);
        if (r < 0)
            return r;
    }
    return 0;
}

static int finish(void *arg)
{
    struct cutter *c = arg;
    struct bulk *b = c->b;
    int r = cut_rest(c);
    if (r < 0)
        return r;
    struct str rest = {c->now->text, c->filled};
    c->page->at = (struct pos){c->line + count_lines(rest), 0};
    r = json_split_end(&c->split, rest, c->e);
    if (r < 0)
        return r;
    struct arena scratch;
    struct header_ctx ctx = {c, arena_new(b->keep, struct cluster)};
    struct json_stream s = {.header = decode_header, .ctx = &ctx};
    c->page->at = (struct pos){0, 0}; /* positions in the header are not those of the input */
    arena_init(&scratch);
    r = json_parse_list(b->source->name, buf_str(&c->split.header), &scratch, &s, c->e);
    arena_done(&scratch);
    ctx.result->documents = 1;
    *PUSH(b->keep, &b->results) = ctx.result;
    return r;
}

int bulk_finish(struct bulk *b, struct bulk_page *ret, struct err *e)
{
    b->cutter.page = ret;
    b->cutter.e = e;
    *ret = (struct bulk_page){0};
    int r = mem_protect(finish, &b->cutter);
    bulk_abandon(b);
    return r == -ENOMEM ? err_set(e, ENOMEM, "out of memory") : r;
}

void bulk_abandon(struct bulk *b)
{
    struct cutter *c = &b->cutter;
    if (c->now)
        give_back(b, c->now);
    c->now = NULL;
    json_split_done(&c->split);
}

/* ---- the whole ---- */

struct bulk *bulk_new(const struct source *source, unsigned threads, struct arena *keep)
{
    struct bulk *b = mem_calloc(1, sizeof(*b));
    b->source = source;
    b->keep = keep;
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
    for (unsigned i = 1; i < MIN(threads, (unsigned)MOST_THREADS); i++) {
        b->jobs[b->started] = (struct thread){b, &b->parsers[i]};
        if (pthread_create(&b->ids[b->started], NULL, parse_protected, &b->jobs[b->started]) != 0)
            break;
        b->started++;
    }
    return b;
}

size_t bulk_mark(const struct bulk *b)
{
    return b->results.count;
}

void bulk_forget(struct bulk *b, size_t mark)
{
    b->results.count = mark;
}

static void bulk_free(struct bulk *b)
{
    for (size_t i = 0; i < BLOCKS; i++)
        mem_free(b->blocks[i].text);
    for (size_t i = 0; i < MOST_THREADS; i++) {
        arena_absorb(b->keep, &b->parsers[i].keep);
        arena_done(&b->parsers[i].scratch);
        decode_cache_done(&b->parsers[i].cache);
    }
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
    mem_free(b);
}

struct joining {
    struct bulk *b;
    struct cluster *to;
};

static int join(void *arg)
{
    struct joining *j = arg;
    for (size_t i = 0; i < j->b->results.count; i++)
        cluster_join(j->b->keep, j->to, j->b->results.items[i]);
    return 0;
}

int bulk_end(struct bulk *b, struct cluster *c)
{
    pthread_mutex_lock(&b->lock);
    b->no_more = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    struct thread own = {b, &b->parsers[0]};
    int r = mem_protect(parse_blocks, &own);
    for (unsigned i = 0; i < b->started; i++)
        pthread_join(b->ids[i], NULL);
    struct joining j = {b, c};
    if (r == 0 && c)
        r = mem_protect(join, &j);
    r = b->out_of_memory ? -ENOMEM : r;
    bulk_free(b);
    return r;
}

/* ---- a file ---- */

struct reading {
    struct bulk *b;
    const struct bulk_file *in;
    struct err e; /* of what is packed */
};

static ssize_t read_more(struct reading *g, char *to, size_t most)
{
    if (g->in->packed)
        return packed_read(g->in->packed, to, most, &g->e);
    for (;;) {
        ssize_t n = read(g->in->fd, to, most);
        if (n >= 0 || errno != EINTR)
            return n < 0 ? -errno : n;
    }
}

static int read_all(void *arg)
{
    struct reading *g = arg;
    int r = bulk_begin(g->b);
    if (r == 0)
        r = bulk_feed(g->b, g->in->begun);
    while (r == 0) {
        char *to;
        size_t most;
        r = bulk_room(g->b, &to, &most);
        ssize_t n = r < 0 ? r : read_more(g, to, most);
        if (n > 0)
            bulk_filled(g->b, (size_t)n);
        else if (n == 0)
            return 0;
        else
            r = (int)n;
    }
    return r;
}

/* An error of a file is said of the file; what came before it stays. */
static void note_error(const struct bulk_file *in, struct pos at, const char *message,
                       struct arena *keep, struct cluster *c)
{
    c->documents++;
    cluster_unreadable(keep, c, in->source->name, at, arena_str(keep, str_of(message)));
}

int bulk_read(const struct bulk_file *in, struct arena *keep, struct cluster *c)
{
    struct err e = {0};
    struct bulk_page page = {0};
    struct reading g = {bulk_new(in->source, in->threads, keep), in, {0}};
    int r = mem_protect(read_all, &g);
    if (r < 0 && r != -ENOMEM && g.e.msg[0])
        e = g.e;
    else if (r < 0 && r != -ENOMEM)
        err_set(&e, -r, "cannot be read: %s", strerror(-r));
    struct err cut_error = {0};
    int finished = r == -ENOMEM ? r : bulk_finish(g.b, &page, r < 0 ? &cut_error : &e);
    if (r == -ENOMEM)
        bulk_abandon(g.b);
    int ended = bulk_end(g.b, c);
    if (r == -ENOMEM || finished == -ENOMEM || ended < 0)
        return -ENOMEM;
    if (r < 0 || finished < 0)
        note_error(in, r < 0 ? (struct pos){0, 0} : page.at, e.msg, keep, c);
    return 0;
}
