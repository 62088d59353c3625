/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread cuts, parses and hands on; nothing but the piece at work is in memory.
 */
#include "model/object_list.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/json_split.h"

enum { PIECE_BYTES = 256 << 10 };
#define LARGEST_TEXT ((size_t)1 << 30)

/* ---- lists of any size ---- */

struct cutter {
    const struct each_input *in;
    each_fn *fn;
    void *ctx;
    struct arena *a; /* the caller's */
    struct arena scratch;
    struct json_split split;
    char *text;
    size_t cap, filled;
    uint32_t line;
    bool at_end;
    struct str api_version, kind; /* of the items */
    struct list_head *head;
    struct err *e;
};

static int fill(struct cutter *c)
{
    while (!c->at_end && c->filled < c->cap) {
        ssize_t n = c->in->read(c->in->ctx, c->text + c->filled, c->cap - c->filled, c->e);
        if (n < 0)
            return (int)n;
        c->filled += (size_t)n;
        c->at_end = n == 0;
    }
    return 0;
}

/* PodList -> Pod. */
static struct str item_kind(struct str list_kind)
{
    bool named = str_ends(list_kind, "List") && !str_is(list_kind, "List");
    return named ? str_sub(list_kind, 0, list_kind.n - 4) : STR_NONE;
}

static int hand_on(struct cutter *c, const struct doc *n)
{
    struct str version = doc_text(n, "apiVersion"), kind = doc_text(n, "kind");
    struct each_object o = {n, version.p ? version : c->api_version, kind.p ? kind : c->kind};
    return c->fn(c->ctx, &o, c->e);
}

/* The list's kind, if it came before the items. */
static void read_list_kind(struct cutter *c)
{
    struct doc_root root = {0};
    struct buf text CLEANUP(buf_done);
    buf_init(&text, LARGEST_TEXT);
    buf_add_str(&text, buf_str(&c->split.header));
    buf_add_cstr(&text, "]}");
    if (json_parse(STR(""), buf_str(&text), &c->scratch, &root, NULL) == 0) {
        struct str kind = item_kind(doc_text(root.root, "kind"));
        if (kind.p) {
            c->kind = arena_str(c->a, kind);
            c->api_version = arena_str(c->a, doc_text(root.root, "apiVersion"));
        }
    }
    arena_reset(&c->scratch);
}

static int parse_items(struct cutter *c, struct str items)
{
    struct json_cursor at;
    int r = 0;
    json_cursor_init(&at, c->in->name, items);
    at.line = c->line;
    for (json_skip_space(&at); r == 0 && at.p < at.end; json_skip_space(&at)) {
        if (*at.p == ',') {
            at.p++;
            continue;
        }
        struct doc_builder builder;
        struct doc_root root = {.start = (size_t)(at.p - at.begin)};
        doc_build_init(&builder, &c->scratch, &root);
        /* What every object of a live cluster carries and nothing reads: often a third of it. */
        builder.unwanted = STR("managedFields");
        r = json_build(&at, &builder, NULL, c->e);
        doc_build_done(&builder);
        if (r == 0)
            r = hand_on(c, root.root);
        arena_reset(&c->scratch);
    }
    return r;
}

static uint32_t count_lines(const char *p, size_t n)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += p[i] == '\n';
    return lines;
}

/* One round: 1 = there may be more. */
static int cut_once(struct cutter *c)
{
    struct str items;
    int r = fill(c);
    if (r < 0)
        return r;
    size_t used = json_split_feed(&c->split, (struct str){c->text, c->filled}, &items);
    if (used == 0 && c->at_end)
        return 0;
    if (used == 0 && c->filled == c->cap) {
        c->cap *= 2;
        c->text = mem_realloc(c->text, c->cap);
        return 1;
    }
    if (c->split.phase == SPLIT_ITEMS && !items.n && c->split.items == 0)
        read_list_kind(c);
    r = items.n ? parse_items(c, items) : 0;
    c->line += count_lines(c->text, used);
    memmove(c->text, c->text + used, c->filled - used);
    c->filled -= used;
    return r < 0 ? r : 1;
}

static int take_header(void *ctx, const struct doc *header, struct err *e)
{
    (void)e;
    struct cutter *c = ctx;
    struct str kind = doc_text(header, "kind");
    const struct doc *metadata = doc_get(header, "metadata");
    c->head->kind = arena_str(c->a, kind);
    c->head->next = arena_str(c->a, doc_text(metadata, "continue"));
    c->head->resource_version = arena_str(c->a, doc_text(metadata, "resourceVersion"));
    return str_ends(kind, "List") ? 0 : hand_on(c, header);
}

static int cut_all(void *arg)
{
    struct cutter *c = arg;
    c->text = mem_alloc(c->cap);
    if (c->filled)
        memcpy(c->text, c->in->begun.p, c->filled);
    int r;
    do
        r = cut_once(c);
    while (r > 0);
    if (r == 0)
        r = json_split_end(&c->split, (struct str){c->text, c->filled}, c->e);
    struct json_stream s = {.header = take_header, .ctx = c};
    if (r == 0)
        r = json_parse_list(c->in->name, buf_str(&c->split.header), &c->scratch, &s, c->e);
    return r;
}

int object_list_each(const struct each_input *in, each_fn *fn, void *ctx, struct arena *a,
                     struct list_head *ret, struct err *e)
{
    *ret = (struct list_head){0};
    struct cutter c = {.in = in,
                       .fn = fn,
                       .ctx = ctx,
                       .a = a,
                       .cap = in->begun.n + PIECE_BYTES,
                       .filled = in->begun.n,
                       .line = 1,
                       .api_version = in->api_version,
                       .kind = in->kind,
                       .head = ret,
                       .e = e};
    arena_init(&c.scratch);
    json_split_init(&c.split, LARGEST_TEXT);
    int r = mem_protect(cut_all, &c);
    json_split_done(&c.split);
    arena_done(&c.scratch);
    mem_free(c.text);
    return r == -ENOMEM ? err_set(e, ENOMEM, "out of memory") : r;
}

/* ---- documents ---- */

static int hand_on_document(struct cutter *c, const struct doc *n)
{
    const struct doc *items = doc_get(n, "items");
    struct str kind = doc_text(n, "kind");
    int r = 0;
    if (!n || n->type != DOC_MAP)
        return 0;
    if (!str_ends(kind, "List") || !items || items->type != DOC_SEQ)
        return hand_on(c, n);
    c->kind = item_kind(kind);
    c->api_version = c->kind.p ? doc_text(n, "apiVersion") : STR_NONE;
    for (const struct doc *i = items->child; i && r == 0; i = i->next)
        if (i->type == DOC_MAP)
            r = hand_on(c, i);
    return r;
}

int documents_each(const struct each_input *in, each_fn *fn,
                   void (*bad)(void *ctx, const struct err *e), void *ctx, struct err *e)
{
    struct doc_reader reader;
    struct cutter c = {.in = in, .fn = fn, .ctx = ctx, .e = e};
    int r = 0;
    arena_init(&c.scratch);
    doc_reader_init(&reader, in->name, in->begun);
    while (r == 0) {
        struct doc_root root = {0};
        struct err why = {0};
        int got = doc_read(&reader, &c.scratch, &root, &why);
        if (got == 0)
            break;
        if (got > 0) {
            c.kind = in->kind;
            c.api_version = in->api_version;
            r = hand_on_document(&c, root.root);
        } else {
            bad(ctx, &why);
            if (doc_reader_resync(&reader) <= 0)
                break;
        }
        arena_reset(&c.scratch);
    }
    doc_reader_done(&reader);
    arena_done(&c.scratch);
    return r;
}
