/* SPDX-License-Identifier: Apache-2.0
 *
 * The test of every rule: rule_test ID FILE.yaml. The file holds cases, each a little world:
 *     # case: bad, what is wrong        (or: good, ...)
 *     # complete                        (as if with --complete)
 *     ...: ...  # expect: RULE [as SEVERITY]   a finding of the rule on this very line
 *     # also: OTHER, ANOTHER            these rules may speak up in this case too; before the
 *                                       first case: in all of them
 * In a bad case the rule finds what is expected and nothing else, in a good case nothing at all;
 * other rules stay silent as errors and warnings unless `also` names them or what they miss is the
 * namespace around the case.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "model/decode.h"
#include "model/defaults.h"
#include "rules/engine.h"

struct expectation {
    uint32_t line;
    struct str rule;
    enum severity severity; /* SEV_OFF: any */
    bool met;
};
struct test_case {
    struct str title;
    bool bad, complete;
    uint32_t line; /* of its first line */
    struct str text;
    LIST_OF(struct expectation) expected;
    struct str_list also;
};
struct test {
    struct arena arena;
    const char *id, *path;
    struct str text;
    LIST_OF(struct test_case) cases;
    struct str_list also; /* before the first case: for all of them */
    int failures;
};

static void fail(struct test *t, const struct test_case *k, uint32_t line, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
static void fail(struct test *t, const struct test_case *k, uint32_t line, const char *fmt, ...)
{
    va_list va;
    fprintf(stderr, "%s:%u: ", t->path, line);
    va_start(va, fmt);
    vfprintf(stderr, fmt, va);
    va_end(va);
    fprintf(stderr, " (case \"" STR_FMT "\")\n", STR_ARG(k->title));
    t->failures++;
}

/* ---- reading the cases ---- */

static struct str read_file(struct arena *a, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (size < 0)
        return STR_NONE;
    char *p = arena_text(a, (size_t)size);
    ssize_t got = pread(fd, p, (size_t)size, 0);
    close(fd);
    return got == size ? (struct str){p, (size_t)size} : STR_NONE;
}

/* The text after `word` in a comment, up to two blanks or the end. */
static struct str directive(struct str line, const char *word)
{
    ptrdiff_t comment = str_find_char(line, '#');
    if (comment < 0)
        return STR_NONE;
    struct str text = str_sub(line, (size_t)comment, line.n);
    ptrdiff_t at = str_find(text, word);
    if (at < 0)
        return STR_NONE;
    text = str_sub(text, (size_t)at + strlen(word), text.n);
    ptrdiff_t end = str_find(text, "  ");
    return str_trim(end < 0 ? text : str_sub(text, 0, (size_t)end));
}

static void read_also(struct test *t, struct str line, struct str_list *ret)
{
    for (struct str also = directive(line, "also: "); !str_empty(also);) {
        struct str one = str_trim(str_cut(also, ',', &also));
        *PUSH(&t->arena, ret) = one;
        if (!rule_find(one)) {
            fprintf(stderr, "%s: no such rule: " STR_FMT "\n", t->path, STR_ARG(one));
            t->failures++;
        }
    }
}

static void read_line(struct test *t, struct test_case *k, struct str line, uint32_t number)
{
    struct str expected = directive(line, "expect: ");
    while (!str_empty(expected)) {
        struct str one = str_trim(str_cut(expected, ',', &expected));
        struct expectation *e = PUSH(&t->arena, &k->expected);
        ptrdiff_t as = str_find(one, " as ");
        e->line = number;
        e->rule = as < 0 ? one : str_sub(one, 0, (size_t)as);
        if (as >= 0 && severity_parse(str_sub(one, (size_t)as + 4, one.n), &e->severity))
            fail(t, k, number, "no such severity: " STR_FMT, STR_ARG(one));
        if (!rule_find(e->rule))
            fail(t, k, number, "no such rule: " STR_FMT, STR_ARG(e->rule));
    }
    read_also(t, line, &k->also);
    if (str_is(str_trim(line), "# complete"))
        k->complete = true;
}

static void read_cases(struct test *t)
{
    struct str rest = t->text;
    for (uint32_t number = 1; !str_empty(rest); number++) {
        const char *start = rest.p;
        struct str line = str_cut(rest, '\n', &rest);
        if (str_starts(line, "# case: ")) {
            struct test_case *k = PUSH(&t->arena, &t->cases);
            k->title = str_sub(line, 8, line.n);
            k->bad = str_starts(k->title, "bad, ");
            k->line = number;
            k->text.p = start;
        }
        if (t->cases.count == 0) {
            read_also(t, line, &t->also);
            continue;
        }
        struct test_case *k = &t->cases.items[t->cases.count - 1];
        read_line(t, k, line, number);
        k->text.n = (size_t)(line.p + line.n - k->text.p);
    }
}

/* ---- judging a case ---- */

/* The lines before the case are put back as empty ones, so that positions are those of the file. */
static struct str with_lines(struct arena *a, const struct test_case *k)
{
    size_t before = k->line - 1;
    char *p = arena_text(a, before + k->text.n);
    memset(p, '\n', before);
    memcpy(p + before, k->text.p, k->text.n);
    return (struct str){p, before + k->text.n};
}

static bool read_world(struct test *t, const struct test_case *k, struct cluster *ret)
{
    struct source *source = arena_new(&t->arena, struct source);
    source->name = str_of(t->path);
    struct decode_input in = {.a = &t->arena, .source = source};
    struct doc_reader reader;
    struct doc_root root;
    struct err e = {0};
    int got;
    memset(ret, 0, sizeof(*ret));
    ret->arena = &t->arena;
    doc_reader_init(&reader, source->name, with_lines(&t->arena, k));
    while ((got = doc_read(&reader, &t->arena, &root, &e)) > 0)
        decode_document(&in, &root, ret);
    doc_reader_done(&reader);
    if (got < 0) {
        fail(t, k, k->line, "cannot be read: %s: %s", e.where, e.msg);
        return false;
    }
    cluster_resolve(ret);
    ret->complete = k->complete || ret->nodes.count > 0;
    cluster_default(ret);
    return true;
}

static bool names(const struct str_list *l, const char *id)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_is(l->items[i], id))
            return true;
    return false;
}

static bool meets(struct test_case *k, const struct finding *f)
{
    for (size_t i = 0; i < k->expected.count; i++) {
        struct expectation *e = &k->expected.items[i];
        if (!e->met && e->line == f->at.line && str_is(e->rule, f->rule->id) &&
            (e->severity == SEV_OFF || e->severity == f->severity)) {
            e->met = true;
            return true;
        }
    }
    return false;
}

static void check_finding(struct test *t, struct test_case *k, const struct finding *f)
{
    bool ours = strcmp(f->rule->id, t->id) == 0;
    /* What surrounds a case (LimitRange, quota, default deny) is no part of it. */
    bool surrounds = !ours && f->rule->ns && f->rule->needs == NEEDS_NAMESPACE;
    if (f->suppressed || surrounds || meets(k, f) || names(&k->also, f->rule->id) ||
        (!ours && names(&t->also, f->rule->id)))
        return;
    if (!ours && f->severity == SEV_INFO)
        return;
    fail(t, k, f->at.line, "not expected: %s %s: " STR_FMT, severity_word(f->severity), f->rule->id,
         STR_ARG(f->message));
}

static void run_case(struct test *t, struct test_case *k)
{
    struct cluster cluster;
    struct check_config config;
    struct judgement j;
    size_t ours = 0;
    if (!k->bad && !str_starts(k->title, "good, "))
        fail(t, k, k->line, "expected \"bad, ...\" or \"good, ...\"");
    for (size_t i = 0; i < k->expected.count; i++)
        ours += str_is(k->expected.items[i].rule, t->id);
    if (k->bad != (ours > 0))
        fail(t, k, k->line,
             k->bad ? "a bad case expects nothing" : "a good case expects a finding");
    if (!read_world(t, k, &cluster))
        return;
    check_config_init(&config, &t->arena);
    judge(&cluster, &config, &t->arena, &j);
    for (size_t i = 0; i < j.findings.count; i++)
        check_finding(t, k, j.findings.items[i]);
    for (size_t i = 0; i < k->expected.count; i++)
        if (!k->expected.items[i].met)
            fail(t, k, k->expected.items[i].line, "expected but not found: " STR_FMT,
                 STR_ARG(k->expected.items[i].rule));
}

static int run(void *arg)
{
    struct test *t = arg;
    size_t bad = 0;
    t->text = read_file(&t->arena, t->path);
    read_cases(t);
    for (size_t i = 0; i < t->cases.count; i++) {
        bad += t->cases.items[i].bad;
        run_case(t, &t->cases.items[i]);
    }
    if (bad == 0 || bad == t->cases.count) {
        fprintf(stderr, "%s: at least one bad and one good case are needed\n", t->path);
        t->failures++;
    }
    printf("%s: %zu cases, %d failures\n", t->id, t->cases.count, t->failures);
    return t->failures > 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: rule_test ID FILE.yaml\n");
        return 2;
    }
    struct test t = {.id = argv[1], .path = argv[2]};
    arena_init(&t.arena);
    int r = mem_protect(run, &t);
    arena_done(&t.arena);
    return r < 0 ? 70 : r;
}
