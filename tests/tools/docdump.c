/* SPDX-License-Identifier: Apache-2.0
 *
 * Shows what the document readers make of files, for tests. One line of JSON per document:
 *     {"value": ..., "source": ..., "duplicates": [...]}  or  {"error": ..., "where": ...}
 *     docdump [-p] [-q] [-l] [-n TIMES] FILE...
 *     docdump -s < DOCUMENTS
 * -p adds type, place and span to every value; -q checks and counts only; -l reads a JSON list item
 * by item; -n reads each file so many times, for measuring. Exits 0 whatever the files hold, 3 when
 * a tree breaks a promise of base/doc.h.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/doc.h"
#include "base/json_write.h"
#include "tests/tools/doc_check.h"

struct options {
    bool places, quiet, list, first_only;
    int times;
};

struct run {
    const struct options *o;
    struct str name, text;
    struct buf out;
    size_t documents, errors, nodes;
};

static void add_value(struct run *r, const struct doc *n);

static void add_children(struct run *r, const struct doc *n)
{
    bool is_map = n->type == DOC_MAP;
    buf_add_char(&r->out, is_map ? '{' : '[');
    for (const struct doc *c = n->child; c; c = c->next) {
        if (is_map) {
            json_add_quoted(&r->out, c->key);
            buf_add_char(&r->out, ':');
        }
        add_value(r, c);
        if (c->next)
            buf_add_char(&r->out, ',');
    }
    buf_add_char(&r->out, is_map ? '}' : ']');
}

static void add_bare(struct run *r, const struct doc *n)
{
    if (n->type == DOC_MAP || n->type == DOC_SEQ)
        add_children(r, n);
    else if (n->type == DOC_NULL)
        buf_add_cstr(&r->out, "null");
    else if (n->type == DOC_STRING || (n->type == DOC_FLOAT && strchr("-.", n->text.p[0]) &&
                                       str_find_char(n->text, '.') <= 1 && n->text.n < 6 &&
                                       (str_ends(n->text, "inf") || str_ends(n->text, "nan"))))
        json_add_quoted(&r->out, n->text);
    else
        buf_add_str(&r->out, n->text);
}

static void add_value(struct run *r, const struct doc *n)
{
    if (!r->o->places) {
        add_bare(r, n);
        return;
    }
    static const char *const types[] = {"null", "bool", "int", "float", "string", "seq", "map"};
    buf_printf(&r->out, "{\"type\":\"%s\",\"at\":[%u,%u],\"span\":[%zu,%zu],", types[n->type],
               n->at.line, n->at.column, n->start, n->end);
    if (n->key.p)
        buf_printf(&r->out, "\"key_at\":[%u,%u],\"key_start\":%zu,", n->key_at.line,
                   n->key_at.column, n->key_start);
    if (n->quoted)
        buf_add_cstr(&r->out, "\"quoted\":true,");
    if (n->merged)
        buf_printf(&r->out, "\"merged\":true,\"by_merge_key\":%s,",
                   n->by_merge_key ? "true" : "false");
    buf_add_cstr(&r->out, "\"value\":");
    add_bare(r, n);
    buf_add_char(&r->out, '}');
}

static void flush(struct run *r)
{
    if (r->out.n)
        fwrite(r->out.p, 1, r->out.n, stdout);
    buf_clear(&r->out);
}

static void add_duplicates(struct run *r, const struct doc_root *root)
{
    buf_add_cstr(&r->out, ",\"duplicates\":[");
    for (size_t i = 0; i < root->duplicate_count; i++) {
        const struct doc_duplicate *d = &root->duplicates[i];
        buf_add_cstr(&r->out, i ? ",[" : "[");
        json_add_quoted(&r->out, d->key);
        buf_printf(&r->out, ",%u,%u,%u,%u]", d->first.line, d->first.column, d->second.line,
                   d->second.column);
    }
    buf_add_char(&r->out, ']');
}

static int show(void *ctx, const struct doc_root *root, struct err *e)
{
    struct run *r = ctx;
    (void)e;
    r->documents++;
    const char *fault = doc_check(root, r->text, &r->nodes);
    if (fault) {
        fprintf(stderr, "docdump: " STR_FMT ": %s\n", STR_ARG(r->name), fault);
        exit(3);
    }
    if (r->o->quiet)
        return 0;
    buf_add_cstr(&r->out, "{\"value\":");
    if (root->root)
        add_value(r, root->root);
    else
        buf_add_cstr(&r->out, "null,\"empty\":true");
    if (root->source.p) {
        buf_add_cstr(&r->out, ",\"source\":");
        json_add_quoted(&r->out, root->source);
    }
    if (root->duplicate_count)
        add_duplicates(r, root);
    buf_add_cstr(&r->out, "}\n");
    flush(r);
    return 0;
}

static int show_header(void *ctx, const struct doc *header, struct err *e)
{
    return show(ctx, &(struct doc_root){.root = (struct doc *)(uintptr_t)header}, e);
}

static void show_error(struct run *r, const struct err *e)
{
    r->errors++;
    if (r->o->quiet)
        return;
    buf_add_cstr(&r->out, "{\"error\":");
    json_add_quoted(&r->out, str_of(e->msg));
    buf_add_cstr(&r->out, ",\"where\":");
    json_add_quoted(&r->out, str_of(e->where));
    buf_add_cstr(&r->out, "}\n");
    flush(r);
}

static void read_stream(struct run *r, struct arena *a)
{
    struct doc_reader reader;
    doc_reader_init(&reader, r->name, r->text);
    for (;;) {
        struct doc_root root;
        struct err e;
        arena_reset(a);
        int got = doc_read(&reader, a, &root, &e);
        if (got > 0)
            (void)show(r, &root, &e);
        else if (got < 0)
            show_error(r, &e);
        if (got == 0 && r->o->first_only && !r->documents)
            (void)show(r, &(struct doc_root){0}, &e);
        if (got == 0 || r->o->first_only || (got < 0 && !doc_reader_resync(&reader)))
            break;
    }
    doc_reader_done(&reader);
}

static int run_file(void *arg)
{
    struct run *r = arg;
    struct arena a;
    arena_init(&a);
    buf_init(&r->out, (size_t)1 << 34);
    for (int i = 0; i < r->o->times; i++) {
        if (r->o->list) {
            struct err e;
            struct json_stream s = {.item = show, .header = show_header, .ctx = r};
            if (json_parse_list(r->name, r->text, &a, &s, &e))
                show_error(r, &e);
        } else {
            read_stream(r, &a);
        }
    }
    buf_done(&r->out);
    arena_done(&a);
    return 0;
}

static int dump(const char *path, const struct options *o)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        perror(path);
        return 1;
    }
    struct run r = {.o = o, .name = str_of(path), .text = {"", (size_t)st.st_size}};
    if (st.st_size)
        r.text.p = mmap(NULL, r.text.n, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (r.text.p == MAP_FAILED) {
        perror(path);
        return 1;
    }
    if (mem_protect(run_file, &r)) {
        fprintf(stderr, "docdump: %s: out of memory\n", path);
        return 70;
    }
    if (o->quiet)
        printf("%s\t%zu documents\t%zu values\t%zu errors\n", path, r.documents, r.nodes, r.errors);
    return 0;
}

/* The documents of -s. */
static int serve(void *arg)
{
    const struct options *o = arg;
    char line[32];
    while (fgets(line, sizeof(line), stdin)) {
        struct run r = {.o = o, .name = STR("input")};
        size_t n = (size_t)strtoul(line, NULL, 10);
        char *text = mem_alloc(n);
        if (fread(text, 1, n, stdin) != n)
            return 1;
        r.text = (struct str){text, n};
        if (run_file(&r))
            return 1;
        mem_free(text);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = {.times = 1};
    for (int c; (c = getopt(argc, argv, "pqlsn:")) != -1;) {
        if (c == '?')
            return 2;
        o.places |= c == 'p';
        o.quiet |= c == 'q';
        o.list |= c == 'l';
        o.first_only |= c == 's';
        if (c == 'n')
            o.times = (int)strtol(optarg, NULL, 10);
    }
    if (o.first_only)
        return mem_protect(serve, &o) ? 1 : 0;
    for (int i = optind; i < argc; i++) {
        int r = dump(argv[i], &o);
        if (r)
            return r;
    }
    return 0;
}
