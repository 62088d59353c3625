/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings for people: by object, the worst first; errors and warnings in full, what is only worth
 * knowing as one counted line; then a summary, and what to do first.
 */
#include "base/text.h"
#include "output/findings.h"
#include "output/table.h"

enum { FIRST_STEPS = 3 };

/* Findings of one object (or of one file, where there is no object). */
struct group {
    const struct finding *first;
    enum severity worst;
    struct {
        const struct finding **items;
        size_t count, cap;
    } findings;
};
struct groups {
    struct group **items;
    size_t count, cap;
};

static bool is_listed(const struct findings_results *r, const struct finding *f)
{
    return f->suppressed ? r->show_suppressed : f->severity >= SEV_WARNING;
}

/* Objects are told apart by address; the pointer's bytes are the key. */
static struct str key_of(const struct finding *f)
{
    if (!f->object)
        return f->file;
    return (struct str){(const char *)&f->object, sizeof(f->object)};
}

static void group_findings(const struct findings_results *r, struct groups *ret)
{
    struct map by_key CLEANUP(map_done);
    map_init(&by_key);
    for (size_t i = 0; i < r->judgement->findings.count; i++) {
        const struct finding *f = r->judgement->findings.items[i];
        if (!is_listed(r, f))
            continue;
        struct group *g = map_get(&by_key, key_of(f));
        if (!g) {
            g = arena_new(r->arena, struct group);
            g->first = f;
            map_put(&by_key, key_of(f), g);
            *PUSH(r->arena, ret) = g;
        }
        *PUSH(r->arena, &g->findings) = f;
        if (!f->suppressed)
            g->worst = MAX(g->worst, f->severity);
    }
}

static void add_place(struct buf *b, const struct finding *f)
{
    if (str_empty(f->file))
        return;
    text_add_clean(b, f->file);
    if (f->at.line)
        buf_printf(b, ":%u:%u", f->at.line, f->at.column);
    buf_add_cstr(b, "  ");
}

/* In a terminal lines are fitted to it; elsewhere each is one line, for grep and for logs. */
static void add_sentence(struct buf *b, const struct out_format *f, const char *lead,
                         struct str text)
{
    if (f->columns > 0) {
        text_wrap(b, f, lead, text, strlen(lead));
        return;
    }
    buf_add_cstr(b, lead);
    text_add_clean(b, text);
    buf_add_char(b, '\n');
}

static enum table_style style_of(const struct finding *f)
{
    if (f->suppressed || f->severity == SEV_INFO)
        return STYLE_DIM;
    return f->severity == SEV_ERROR ? STYLE_BAD : STYLE_WARN;
}

static void add_finding(struct buf *b, const struct out_format *format, const struct finding *f)
{
    buf_add_cstr(b, "  ");
    style_begin(b, format, style_of(f));
    buf_add_cstr(b, severity_word(f->severity));
    style_end(b, format, style_of(f));
    buf_printf(b, "  %s  ", f->rule->id);
    add_place(b, f);
    if (f->suppressed)
        buf_add_cstr(b, "(suppressed)  ");
    while (b->n > 0 && b->p[b->n - 1] == ' ')
        b->n--;
    buf_add_char(b, '\n');
    add_sentence(b, format, "    ", f->message);
    if (f->suppressed) {
        add_sentence(b, format, "    suppressed: ", f->suppress_reason);
        return;
    }
    add_sentence(b, format, "    why: ", f->why);
    add_sentence(b, format, "    fix: ", f->fix);
}

static void add_group(struct buf *b, const struct out_format *format, const struct group *g)
{
    style_begin(b, format, STYLE_BOLD);
    finding_add_object(b, g->first);
    style_end(b, format, STYLE_BOLD);
    buf_add_char(b, '\n');
    for (int s = SEV_ERROR; s > SEV_OFF; s--)
        for (size_t i = 0; i < g->findings.count; i++)
            if ((int)g->findings.items[i]->severity == s)
                add_finding(b, format, g->findings.items[i]);
    buf_add_char(b, '\n');
}

/* ---- summary ---- */

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
    buf_add_char(b, '\n');
}

static const char *needs_text(enum rule_needs n)
{
    switch (n) {
    case NEEDS_NAMESPACE:
        return "nothing else of their namespaces in the input";
    case NEEDS_NODES:
        return "no Nodes in the input";
    default:
        return "no Nodes in the input, and not --complete";
    }
}

static void add_not_judged(struct buf *b, const struct judgement *j)
{
    if (j->patches > 0) {
        buf_add_cstr(b, "not judged: ");
        add_counted(b, j->patches, "workload");
        buf_add_cstr(b, " without selector and with a container without image, as in a patch: "
                        "judge what it is merged into (kustomize build . | plimsoll check -f -)\n");
    }
    for (size_t i = 0; i < j->not_judged.count; i++) {
        const struct not_judged *n = &j->not_judged.items[i];
        buf_printf(b, "not judged: %s of ", n->rule->id);
        add_counted(b, n->count, "object");
        buf_printf(b, " (%s)\n", needs_text(n->rule->needs));
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
            n += f->rule == rule_table[r] && f->severity == SEV_INFO && !f->suppressed;
        }
        if (n > 0) {
            buf_printf(b, "%s%s %zu", any ? ", " : "", rule_table[r]->id, n);
            any = true;
        }
    }
    buf_add_cstr(b, " (-o json has them)\n");
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
        if (f->suppressed || f->severity < SEV_WARNING)
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

static bool comes_first(const struct step *a, const struct step *b)
{
    if (a->worst != b->worst)
        return a->worst > b->worst;
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
        struct str text =
            arena_printf(r->arena, "%s (%zu finding%s in %zu object%s): %s", best->rule->id,
                         best->findings, best->findings == 1 ? "" : "s", best->objects,
                         best->objects == 1 ? "" : "s", best->rule->fix);
        char lead[8];
        snprintf(lead, sizeof(lead), "  %d. ", n);
        add_sentence(b, format, lead, text);
        best->findings = 0;
    }
}

void findings_add_text(const struct findings_results *r, const struct out_format *f, struct buf *b)
{
    struct groups groups = {0};
    group_findings(r, &groups);
    for (int worst = SEV_ERROR; worst >= SEV_OFF; worst--)
        for (size_t i = 0; i < groups.count; i++)
            if ((int)groups.items[i]->worst == worst)
                add_group(b, f, groups.items[i]);
    const struct judgement *j = r->judgement;
    add_counted(b, j->workloads, "workload");
    buf_add_cstr(b, " and ");
    add_counted(b, r->cluster->objects, "object");
    buf_add_cstr(b, " in all judged, from ");
    add_counted(b, r->cluster->files, "file");
    buf_add_cstr(b, ": ");
    add_counts(b, j);
    add_infos(b, j);
    add_not_judged(b, j);
    add_skipped(b, r->cluster);
    add_steps(b, f, r);
}
