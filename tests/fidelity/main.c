/* SPDX-License-Identifier: Apache-2.0
 *
 * fidelity --oracle DIR|WORLD: see oracle.h.
 *
 * fidelity [--gaps FILE] DIR: runs every case of every table of ground truth (*.json) in DIR through
 * the functions that plimsoll itself uses. Prints each failure, then the kinds that nothing here
 * supports, and last "N passed, N failed". An unsupported case is a failure. Exit status 1 if any
 * failed, 2 if DIR cannot be read. FILE lists kinds ("fit.json taint_filter", a line each) that are
 * known not to be supported, and cases ("fit.json 156") known to fail: they do not decide the exit
 * status, but one that passes after all makes it 1.
 */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/map.h"
#include "fidelity.h"
#include "oracle.h"

#define LARGEST_TABLE (64 * MIB)

static const struct kind_check *const tables[] = {
    eviction_kinds,       fit_kinds,    kmsg_kinds,         limitrange_kinds, node_cgroup_kinds,
    oom_score_adj_kinds,  pdb_kinds,    pod_requests_kinds, qos_kinds,        quantity_kinds,
    node_lifecycle_kinds, resize_kinds,
};

struct unsupported {
    struct str name; /* "fit.json taint_filter" */
    size_t cases;
    bool known; /* listed in --gaps */
};
struct failed_case {
    struct str name; /* "fit.json 156" */
    bool known;
};
struct run {
    const char *dir, *gaps;
    struct arena a;
    struct map kinds; /* kind -> struct kind_check */
    struct {
        struct unsupported *items;
        size_t count, cap;
    } unsupported;
    struct {
        struct failed_case *items;
        size_t count, cap;
    } failures;
    size_t passed, failed;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int list_tables(struct run *r, struct str_list *ret)
{
    DIR *d = opendir(r->dir);
    if (!d)
        return -errno;
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        if (str_ends(str_of(e->d_name), ".json"))
            *PUSH(&r->a, ret) = arena_str(&r->a, str_of(e->d_name));
    closedir(d);
    if (ret->count)
        qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
    return 0;
}

static int read_file(const char *path, struct buf *ret)
{
    FILE *f = fopen(path, "re");
    char chunk[65536];
    size_t n;
    if (!f)
        return -errno;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(ret, chunk, n);
    int r = ferror(f) ? -EIO : ret->overflow ? -EFBIG : 0;
    (void)fclose(f);
    return r;
}

static void count_unsupported(struct run *r, struct str file, struct str kind)
{
    struct str name = arena_printf(&r->a, STR_FMT " " STR_FMT, STR_ARG(file), STR_ARG(kind));
    for (size_t i = 0; i < r->unsupported.count; i++)
        if (str_eq(r->unsupported.items[i].name, name)) {
            r->unsupported.items[i].cases++;
            return;
        }
    *PUSH(&r->a, &r->unsupported) = (struct unsupported){.name = name, .cases = 1};
}

static void run_case(struct run *r, struct str file, const struct doc *c)
{
    struct str kind = doc_text(c, "kind");
    const struct kind_check *found = map_get(&r->kinds, kind);
    if (!found) {
        count_unsupported(r, file, kind);
        r->failed++;
        return;
    }
    CLEANUP(buf_done) struct buf out;
    CLEANUP(arena_done) struct arena a;
    buf_init(&out, MIB);
    arena_init(&a);
    struct check k = {.a = &a, .c = c, .out = &out, .file = file.p};
    found->run(&k);
    if (!k.failed) {
        r->passed++;
        return;
    }
    r->failed++;
    struct str id = doc_text(c, "id"), name = doc_text(c, "name");
    PUSH(&r->a, &r->failures)->name =
        arena_printf(&r->a, STR_FMT " " STR_FMT, STR_ARG(file), STR_ARG(id));
    printf(STR_FMT " " STR_FMT ": " STR_FMT " (" STR_FMT ")\n" STR_FMT, STR_ARG(file), STR_ARG(id),
           STR_ARG(kind), STR_ARG(name), STR_ARG(buf_str(&out)));
}

static int run_table(struct run *r, struct str file)
{
    CLEANUP(buf_done) struct buf text;
    CLEANUP(arena_done) struct arena a;
    buf_init(&text, LARGEST_TABLE);
    arena_init(&a);
    struct str path = arena_printf(&a, "%s/" STR_FMT, r->dir, STR_ARG(file));
    struct doc_root root;
    struct err e = {0};
    size_t passed = r->passed, failed = r->failed;
    int code = read_file(path.p, &text);
    if (code) {
        fprintf(stderr, "%s: %s\n", path.p, strerror(-code));
        return code;
    }
    code = json_parse(path, buf_str(&text), &a, &root, &e);
    if (code) {
        fprintf(stderr, "%s: %s\n", e.where, e.msg);
        return code;
    }
    const struct doc *cases = doc_get(root.root, "cases");
    for (const struct doc *c = cases ? cases->child : NULL; c; c = c->next)
        run_case(r, file, c);
    printf(STR_FMT ": %zu passed, %zu failed\n", STR_ARG(file), r->passed - passed,
           r->failed - failed);
    return 0;
}

static int run_all(void *arg)
{
    struct run *r = arg;
    struct str_list files = {0};
    int code = list_tables(r, &files);
    if (code) {
        fprintf(stderr, "%s: %s\n", r->dir, strerror(-code));
        return code;
    }
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (size_t i = 0; tables[t][i].kind; i++) {
            struct kind_check *k = arena_new(&r->a, struct kind_check);
            *k = tables[t][i];
            (void)map_put(&r->kinds, str_of(k->kind), k);
        }
    for (size_t i = 0; i < files.count && !code; i++)
        code = run_table(r, files.items[i]);
    return code;
}

/* Marks the gaps that are known. Returns the number of lines that name no gap. */
static size_t match_gaps(struct run *r)
{
    CLEANUP(buf_done) struct buf text;
    size_t stale = 0;
    buf_init(&text, MIB);
    int code = read_file(r->gaps, &text);
    if (code) {
        fprintf(stderr, "%s: %s\n", r->gaps, strerror(-code));
        return 1;
    }
    struct str rest = buf_str(&text);
    while (rest.n) {
        struct str line = str_trim(str_cut(rest, '\n', &rest));
        bool found = !line.n || str_starts(line, "#");
        for (size_t i = 0; i < r->unsupported.count; i++)
            if (str_eq(r->unsupported.items[i].name, line))
                found = r->unsupported.items[i].known = true;
        for (size_t i = 0; i < r->failures.count; i++)
            if (str_eq(r->failures.items[i].name, line))
                found = r->failures.items[i].known = true;
        if (!found) {
            printf("passes, but listed in %s: " STR_FMT "\n", r->gaps, STR_ARG(line));
            stale++;
        }
    }
    return stale;
}

/* Prints the end of the report. Returns the exit status. */
static int finish(struct run *r)
{
    size_t known = 0, stale = r->gaps ? match_gaps(r) : 0;
    for (size_t i = 0; i < r->unsupported.count; i++) {
        const struct unsupported *u = &r->unsupported.items[i];
        printf("unsupported: " STR_FMT ": %zu cases\n", STR_ARG(u->name), u->cases);
        known += u->known ? u->cases : 0;
    }
    for (size_t i = 0; i < r->failures.count; i++)
        known += r->failures.items[i].known;
    printf("%zu passed, %zu failed\n", r->passed, r->failed);
    return r->failed > known || stale;
}

struct oracle_call {
    const char *path;
    int status;
};

static int run_oracle(void *arg)
{
    struct oracle_call *c = arg;
    c->status = oracle_run(c->path);
    return 0;
}

int main(int argc, char **argv)
{
    struct run r = {0};
    if (argc == 3 && strcmp(argv[1], "--oracle-if-present") == 0) {
        if (access(argv[2], R_OK)) {
            printf("skip: %s: not here\n", argv[2]);
            return 77;
        }
        argv[1] = "--oracle";
    }
    if (argc == 3 && strcmp(argv[1], "--oracle") == 0) {
        struct oracle_call call = {argv[2], 2};
        return mem_protect(run_oracle, &call) ? 70 : call.status;
    }
    if (argc == 2)
        r.dir = argv[1];
    if (argc == 4 && strcmp(argv[1], "--gaps") == 0) {
        r.gaps = argv[2];
        r.dir = argv[3];
    }
    if (!r.dir) {
        fprintf(stderr, "usage: fidelity [--gaps FILE] DIR\n       fidelity --oracle DIR|WORLD\n");
        return 2;
    }
    arena_init(&r.a);
    map_init(&r.kinds);
    int status = mem_protect(run_all, &r) ? 2 : finish(&r);
    map_done(&r.kinds);
    arena_done(&r.a);
    return status;
}
