/* SPDX-License-Identifier: Apache-2.0
 *
 * How the text of findings ends: counts, what was not judged and why, and what to do first.
 */
#include "base/text.h"
#include "output/findings.h"

enum { FIRST_STEPS = 3 };

static void add_counted(struct buf *b, size_t n, const char *noun)
{
    text_add_count(b, (int64_t)n);
    buf_printf(b, " %s%s", noun, n == 1 ? "" : "s");
}

static void add_counts(struct buf *b, const struct judgement *j)
{
    add_counted(b, j->by_severity[SEV_ERROR], "error");
    buf_add_cstr(b, ", ");
    add_counted(b, j->by_severity[SEV_WARNING], "warning");
    buf_printf(b, ", %zu info", j->by_severity[SEV_INFO]);
    if (j->suppressed > 0)
        buf_printf(b, "; %zu suppressed", j->suppressed);
    if (j->known[KNOWN_BASELINE] > 0)
        buf_printf(b, "; %zu known (baseline)", j->known[KNOWN_BASELINE]);
    if (j->known[KNOWN_BEFORE] > 0)
        buf_printf(b, "; %zu there before", j->known[KNOWN_BEFORE]);
    buf_add_char(b, '\n');
}

static void add_mended(struct buf *b, const struct change *c)
{
    if (!c || c->before.stale == 0)
        return;
    buf_add_cstr(b, "mended by the change: ");
    add_counted(b, change_mended(c, SEV_ERROR), "error");
    buf_add_cstr(b, ", ");
    add_counted(b, change_mended(c, SEV_WARNING), "warning");
    buf_printf(b, ", %zu info\n", change_mended(c, SEV_INFO));
}

static void add_known(struct buf *b, const struct findings_results *r)
{
    if (!r->baseline || r->baseline->stale == 0)
        return;
    size_t all = r->baseline->entries.count, stale = r->baseline->stale;
    buf_printf(b,
               "baseline: %zu of its %zu %s %s stale (mended, or gone): write it again with "
               "\"plimsoll baseline\"\n",
               stale, all, all == 1 ? "entry" : "entries", stale == 1 ? "is" : "are");
}

static void add_excluded(struct buf *b, const struct findings_results *r)
{
    size_t objects = r->judgement->excluded, paths = r->cluster->excluded_paths;
    if (objects == 0 && paths == 0)
        return;
    buf_add_cstr(b, "excluded by the configuration: ");
    add_counted(b, objects, "object");
    buf_add_cstr(b, ", and ");
    add_counted(b, paths, "path");
    buf_add_cstr(b, " not read\n");
}

static void add_not_judged(struct buf *b, const struct findings_results *r)
{
    const struct judgement *j = r->judgement;
    if (j->patches > 0) {
        buf_add_cstr(b, "not judged: ");
        add_counted(b, j->patches, "workload");
        buf_add_cstr(b, " without selector and with a container without image, as in a patch: "
                        "judge what it is merged into (kustomize build . | plimsoll check -f -)\n");
    }
    for (size_t i = 0; i < j->not_judged.count; i++)
        if (not_judged_is_first(j, i)) {
            not_judged_add(b, r, i);
            buf_add_char(b, '\n');
        }
}

static void add_skipped(struct buf *b, const struct cluster *c)
{
    enum { SHOWN = 6 };
    size_t total = 0;
    for (size_t i = 0; i < c->skipped.count; i++)
        total += c->skipped.items[i].count;
    if (total == 0)
        return;
    buf_add_cstr(b, "skipped: ");
    add_counted(b, total, "object");
    buf_add_cstr(b, " of kinds that plimsoll does not judge (");
    for (size_t i = 0; i < c->skipped.count && i < SHOWN; i++) {
        buf_add_cstr(b, i ? ", " : "");
        if (str_empty(c->skipped.items[i].kind))
            buf_add_cstr(b, "without a kind");
        text_add_clean(b, c->skipped.items[i].kind);
        buf_printf(b, " %zu", c->skipped.items[i].count);
    }
    buf_add_cstr(b, c->skipped.count > SHOWN ? ", ...)\n" : ")\n");
}

static void add_infos(struct buf *b, const struct judgement *j)
{
    if (j->by_severity[SEV_INFO] == 0)
        return;
    buf_add_cstr(b, "info: ");
    bool any = false;
    for (size_t r = 0; r < rule_count; r++) {
        size_t n = 0;
        for (size_t i = 0; i < j->findings.count; i++) {
            const struct finding *f = j->findings.items[i];
            n += f->rule == rule_table[r] && f->severity == SEV_INFO && finding_is_open(f);
        }
        if (n > 0) {
            buf_printf(b, "%s%s %zu", any ? ", " : "", rule_table[r]->id, n);
            any = true;
        }
    }
    buf_add_cstr(b, " (-o wide lists them)\n");
}

/* ---- what to do first ---- */

/* What a rule found at its worst: what is less can wait. */
struct step {
    const struct rule *rule;
    enum severity worst;
    size_t findings, objects;
    const struct finding *example;
};

static void count_steps(const struct judgement *j, struct step *steps)
{
    for (size_t i = 0; i < j->findings.count; i++) {
        const struct finding *f = j->findings.items[i];
        struct step *s = &steps[rule_index(f->rule)];
        if (!finding_is_open(f) || f->severity < SEV_WARNING)
            continue;
        if (f->severity > s->worst)
            *s = (struct step){.worst = f->severity};
        else if (f->severity < s->worst)
            continue;
        s->rule = f->rule;
        s->findings++;
        /* Findings are sorted by place, so those of one object follow each other. */
        s->objects += !s->example || s->example->object != f->object;
        s->example = f;
    }
}

/* Who may do what, and where images come from, has no part in an OOM kill: the rest goes first. */
static bool is_beside_memory(const struct step *s)
{
    struct str family = str_of(rule_families[rule_index(s->rule)]);
    return str_is(family, "access") || str_is(family, "images");
}

static bool comes_first(const struct step *a, const struct step *b)
{
    if (a->worst != b->worst)
        return a->worst > b->worst;
    if (is_beside_memory(a) != is_beside_memory(b))
        return is_beside_memory(b);
    return a->objects > b->objects;
}

static void add_steps(struct buf *b, const struct out_format *format,
                      const struct findings_results *r)
{
    struct step *steps = arena_array(r->arena, struct step, rule_count);
    count_steps(r->judgement, steps);
    for (int n = 1; n <= FIRST_STEPS; n++) {
        struct step *best = NULL;
        for (size_t i = 0; i < rule_count; i++)
            if (steps[i].findings > 0 && (!best || comes_first(&steps[i], best)))
                best = &steps[i];
        if (!best)
            return;
        buf_add_cstr(b, n == 1 ? "\nDo this first:\n" : "");
        struct str what = best->findings == 1 ? best->example->fix : str_of(best->rule->fix);
        struct str text =
            arena_printf(r->arena, "%s (%zu finding%s in %zu object%s): " STR_FMT, best->rule->id,
                         best->findings, best->findings == 1 ? "" : "s", best->objects,
                         best->objects == 1 ? "" : "s", STR_ARG(what));
        char lead[8];
        snprintf(lead, sizeof(lead), "  %d. ", n);
        finding_add_sentence(b, format, lead, text);
        best->findings = 0;
    }
}

/* Problems of one file follow each other. */
static size_t count_broken_files(const struct cluster *c)
{
    size_t n = 0;
    struct str last = STR_NONE;
    for (size_t i = 0; i < c->problems.count; i++) {
        const struct problem *p = &c->problems.items[i];
        if (p->type != PROBLEM_UNREADABLE || (last.p && str_eq(p->file, last)))
            continue;
        last = p->file;
        n++;
    }
    return n;
}

static void add_origin(struct buf *b, const struct cluster *c)
{
    const struct live_cluster *l = c->live;
    if (l)
        buf_add_cstr(b, "the cluster");
    if (l && c->files)
        buf_add_cstr(b, " and ");
    if (!l || c->files)
        add_counted(b, c->files, "file");
    size_t broken = count_broken_files(c);
    if (broken)
        buf_printf(b, " (%zu could not be read, or not in full)", broken);
}

/* The counts: one paragraph a line. */
static void add_summary(const struct findings_results *r, const struct out_format *f, struct buf *b)
{
    const struct judgement *j = r->judgement;
    add_counted(b, j->workloads, "workload");
    if (j->ns.p) {
        buf_add_cstr(b, " of namespace ");
        text_add_clean(b, j->ns);
        buf_add_cstr(b, " judged, from ");
    } else {
        buf_add_cstr(b, " and ");
        add_counted(b, r->cluster->objects - j->excluded, "object");
        buf_add_cstr(b, " in all judged, from ");
    }
    add_origin(b, r->cluster);
    buf_add_cstr(b, ": ");
    add_counts(b, j);
    if (f->word == FINDINGS_TEXT)
        add_infos(b, j);
    add_mended(b, r->change);
    add_known(b, r);
    add_excluded(b, r);
    add_not_judged(b, r);
    add_skipped(b, r->cluster);
}

void findings_add_closing(const struct findings_results *r, const struct out_format *f,
                          struct buf *b)
{
    struct buf lines CLEANUP(buf_done);
    buf_init(&lines, OUT_MAX_BYTES);
    add_summary(r, f, &lines);
    struct str rest = buf_str(&lines);
    while (rest.n) {
        size_t end = (size_t)str_find_char(rest, '\n');
        finding_add_sentence(b, f, "", str_sub(rest, 0, end));
        rest = str_sub(rest, end + 1, rest.n);
    }
    add_steps(b, f, r);
}
