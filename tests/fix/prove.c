/* SPDX-License-Identifier: Apache-2.0
 *
 * The proof of every fix: prove FILE.yaml... goes over the bad cases of all rules that have a fixer,
 * in block, flow and JSON, and holds world_prove() of each. A case that cannot be fixed says so:
 *     # not fixed: part of the reason
 *     # then found: RULE          speaks up only once this is fixed
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "forms.h"
#include "world.h"

struct tally {
    const char *path;
    const struct rule *rule;
    size_t cases, proofs, failures;
    size_t fixed; /* findings of the rule */
};

static struct str read_file(struct arena *a, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (size < 0)
        return STR_NONE;
    char *p = arena_text(a, (size_t)size + 1);
    ssize_t got = pread(fd, p, (size_t)size, 0);
    close(fd);
    return got == size ? (struct str){p, (size_t)size} : STR_NONE;
}

static const struct rule *rule_of(struct arena *a, const char *path)
{
    struct str name = str_of(path);
    name = str_sub(name, (size_t)(str_rfind_char(name, '/') + 1), name.n);
    char *id = arena_text(a, name.n);
    size_t n = 0;
    while (n < name.n && name.p[n] != '.') {
        id[n] = name.p[n] == '_' ? '-' : name.p[n];
        n++;
    }
    return rule_find((struct str){id, n});
}

struct one_case {
    struct str text, title, not_fixed, then_found;
    bool complete;
};

/* The value of a comment "# word: ..." that is a line of its own. */
static struct str directive(struct str text, const char *word)
{
    while (text.n) {
        struct str line = str_cut(text, '\n', &text);
        ptrdiff_t at = str_find(line, word);
        if (at >= 0 && str_starts(line, "# "))
            return str_trim(str_sub(line, (size_t)at + strlen(word), line.n));
    }
    return STR_NONE;
}

static bool next_case(struct str *rest, struct one_case *ret)
{
    static const char mark[] = "# case: ";
    ptrdiff_t at = str_find(*rest, mark);
    if (at < 0)
        return false;
    struct str text = str_sub(*rest, (size_t)at, rest->n);
    ptrdiff_t end = str_find(str_sub(text, 1, text.n), "\n# case: ");
    text = end < 0 ? text : str_sub(text, 0, (size_t)end + 2);
    *rest = str_sub(*rest, (size_t)at + text.n, rest->n);
    struct str title;
    struct str body, line = str_cut(text, '\n', &body);
    title = str_sub(line, sizeof(mark) - 1, line.n);
    *ret = (struct one_case){
        .text = body,
        .title = title,
        .not_fixed = directive(body, "# not fixed:"),
        .then_found = directive(body, "# then found:"),
        .complete = str_find(body, "# complete") >= 0,
    };
    return true;
}

static size_t count_fixed(const struct world *w, const struct rule *rule)
{
    size_t n = 0;
    for (size_t g = 0; g < w->rewrite.count; g++)
        n += w->rewrite.groups[g].done && w->fixed[g]->rule == rule;
    return n;
}

/* Why a finding of the rule is not fixed; absent if all are. */
static struct str first_left(const struct world *w, const struct rule *rule)
{
    for (size_t i = 0; i < w->judgement.findings.count; i++) {
        const struct finding *f = w->judgement.findings.items[i];
        if (f->rule == rule && f->edits.count == 0 && f->severity > SEV_INFO)
            return f->unfixable.p ? f->unfixable : STR("nobody says why");
    }
    for (size_t g = 0; g < w->rewrite.count; g++)
        if (w->fixed[g]->rule == rule && !w->rewrite.groups[g].done)
            return w->rewrite.groups[g].reason;
    return STR_NONE;
}

/* What is wrong with one case in one form and with these sizes, or NULL. */
static const char *prove(struct tally *t, const struct one_case *k, struct str text,
                         const struct wanted *wanted, struct arena *a)
{
    struct world before, after;
    world_make(&before, text, wanted, a);
    struct str left = first_left(&before, t->rule);
    world_make(&after, before.rewrite.result, wanted, a);
    if (k->not_fixed.p ? str_find(left, arena_str(a, k->not_fixed).p) < 0 : left.p != NULL)
        return arena_printf(a, "not fixed: " STR_FMT, STR_ARG(left)).p;
    size_t fixed = count_fixed(&before, t->rule);
    if (!k->not_fixed.p && fixed == 0)
        return "nothing was fixed";
    t->fixed += fixed;
    return world_prove(&before, &after, k->then_found, a);
}

/* Amounts that a user might give; which of them suit depends on the case. */
static const int64_t sizes[][2] = {
    {0, 0},
    {64 * MIB, 64 * MIB},
    {256 * MIB, 256 * MIB},
    {1024 * MIB, 512 * MIB},
    {64 * MIB, 32 * MIB},
};

static void prove_level(struct tally *t, const struct one_case *k, const struct form *form,
                        struct str text, enum fix_level level, struct arena *a)
{
    const char *why = NULL, *first = NULL;
    bool sized = t->rule->fix_level == FIX_SIZES;
    for (size_t i = sized; i < (sized ? ARRAY_LEN(sizes) : 1); i++) {
        const struct wanted wanted = {level, sizes[i][0], sizes[i][1], k->complete};
        why = prove(t, k, text, &wanted, a);
        if (!why)
            break;
        first = first ? first : why;
    }
    t->proofs++;
    if (!why)
        return;
    fprintf(stderr, "%s: case \"" STR_FMT "\", %s%s: %s\n", t->path, STR_ARG(k->title), form->name,
            level == FIX_SAFE ? ", plain --fix" : "", first);
    t->failures++;
}

static void prove_case(struct tally *t, const struct one_case *k)
{
    t->cases++;
    for (size_t i = 0; i < form_count; i++) {
        struct arena a CLEANUP(arena_done);
        struct documents d;
        arena_init(&a);
        if (!documents_read(k->text, &a, &d)) {
            fprintf(stderr, "%s: case \"" STR_FMT "\" cannot be read\n", t->path,
                    STR_ARG(k->title));
            t->failures++;
            return;
        }
        struct str text = forms[i].make(k->text, &d, &a);
        if (text.p && t->rule->fix_level == FIX_SAFE)
            prove_level(t, k, &forms[i], text, FIX_SAFE, &a);
        if (text.p)
            prove_level(t, k, &forms[i], text, FIX_ALL, &a);
    }
}

static void prove_rule(struct tally *t, struct arena *a)
{
    struct str rest = read_file(a, t->path);
    struct one_case k;
    while (next_case(&rest, &k))
        if (str_starts(k.title, "bad, "))
            prove_case(t, &k);
    if (t->fixed == 0) {
        fprintf(stderr, "%s: has a fixer, but no case that it fixes\n", t->path);
        t->failures++;
    }
    printf("%s: %zu cases, %zu proofs, %zu findings fixed, %zu failures\n", t->rule->id, t->cases,
           t->proofs, t->fixed, t->failures);
}

struct job {
    int count;
    char **paths;
    size_t failures, rules;
};

static int run(void *arg)
{
    struct job *j = arg;
    for (int i = 0; i < j->count; i++) {
        struct arena a CLEANUP(arena_done);
        struct tally t = {.path = j->paths[i]};
        arena_init(&a);
        t.rule = rule_of(&a, t.path);
        if (!t.rule || !t.rule->fixer)
            continue;
        prove_rule(&t, &a);
        j->failures += t.failures;
        j->rules++;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct job j = {.count = argc - 1, .paths = argv + 1};
    if (mem_protect(run, &j) < 0)
        return 70;
    printf("%zu rules with a fixer, %zu failures\n", j.rules, j.failures);
    return j.failures > 0 || j.rules == 0;
}
