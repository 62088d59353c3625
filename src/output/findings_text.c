/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings for people: by object, the worst first. Text is to be read at night: a rule is explained
 * where it is named first, objects with the same findings are shown as one, and once all rules of an
 * object have been explained and enough objects shown, it takes one line. What is only worth knowing
 * is counted. Wide shows each finding in full.
 */
#include "base/text.h"
#include "output/findings.h"
#include "output/table.h"

enum {
    SHOWN = 12,      /* objects in full; more, while they have something new to say */
    ALIKE = 4,       /* so many objects with the same findings are shown as one */
    NAMES_SHOWN = 8, /* of those that are not shown */
};

/* Findings of one object (or of one file, where there is no object). */
struct group {
    const struct finding *first;
    enum severity worst;
    size_t errors, warnings;
    struct str shape; /* kind and findings: equal for objects that are alike */
    struct {
        const struct finding **items;
        size_t count, cap;
    } findings;
    struct group *next_alike, *last_alike; /* a list from the first one on */
    size_t alike;                          /* of the first one: how many there are with it */
};
struct groups {
    struct group **items;
    size_t count, cap;
};

struct text {
    const struct findings_results *r;
    const struct out_format *f;
    struct buf *b;
    bool wide;
    bool *explained; /* by rule */
};

static bool is_listed(const struct text *t, const struct finding *f)
{
    if (!finding_is_open(f))
        return t->r->show_suppressed;
    return t->wide || f->severity >= SEV_WARNING;
}

/* Objects are told apart by address; the pointer's bytes are the key. */
static struct str key_of(const struct finding *f)
{
    if (!f->object)
        return f->file;
    return (struct str){(const char *)&f->object, sizeof(f->object)};
}

static void add_to_group(struct group *g, struct arena *a, const struct finding *f)
{
    *PUSH(a, &g->findings) = f;
    if (!finding_is_open(f))
        return;
    g->worst = MAX(g->worst, f->severity);
    g->errors += f->severity == SEV_ERROR;
    g->warnings += f->severity == SEV_WARNING;
}

static void group_findings(const struct text *t, struct groups *ret)
{
    struct map by_key CLEANUP(map_done);
    map_init(&by_key);
    for (size_t i = 0; i < t->r->judgement->findings.count; i++) {
        const struct finding *f = t->r->judgement->findings.items[i];
        if (!is_listed(t, f))
            continue;
        struct group *g = map_get(&by_key, key_of(f));
        if (!g) {
            g = arena_new(t->r->arena, struct group);
            g->first = f;
            map_put(&by_key, key_of(f), g);
            *PUSH(t->r->arena, ret) = g;
        }
        add_to_group(g, t->r->arena, f);
    }
}

/* ---- objects that are alike ---- */

static struct str shape_of(struct arena *a, const struct group *g)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, MIB);
    buf_add_str(&b, g->first->object->kind_text);
    for (size_t i = 0; i < g->findings.count; i++) {
        const struct finding *f = g->findings.items[i];
        buf_printf(&b, " %zu/%d/%d/%d", rule_index(f->rule), (int)f->severity, f->suppressed,
                   (int)f->known);
    }
    return arena_str(a, buf_str(&b));
}

/* Moves groups below the first one of their shape, where there are enough of them. */
static void fold(const struct text *t, struct groups *groups)
{
    struct map by_shape CLEANUP(map_done);
    map_init(&by_shape);
    for (size_t i = 0; i < groups->count; i++) {
        struct group *g = groups->items[i];
        if (!g->first->object)
            continue;
        g->shape = shape_of(t->r->arena, g);
        struct group *head = map_get(&by_shape, g->shape);
        if (!head) {
            g->last_alike = g;
            map_put(&by_shape, g->shape, g);
            continue;
        }
        head->last_alike = head->last_alike->next_alike = g;
        head->alike++;
    }
    size_t kept = 0;
    for (size_t i = 0; i < groups->count; i++) {
        struct group *g = groups->items[i];
        struct group *head = g->shape.p ? map_get(&by_shape, g->shape) : g;
        if (head->alike + 1 < ALIKE)
            head->alike = 0;
        if (head == g || head->alike == 0)
            groups->items[kept++] = g;
    }
    groups->count = kept;
}

static int worst_first(const void *x, const void *y)
{
    const struct group *a = *(struct group *const *)x, *b = *(struct group *const *)y;
    if (a->worst != b->worst)
        return (int)b->worst - (int)a->worst;
    size_t errors_a = a->errors * (a->alike + 1), errors_b = b->errors * (b->alike + 1);
    if (errors_a != errors_b)
        return errors_a < errors_b ? 1 : -1;
    size_t warnings_a = a->warnings * (a->alike + 1), warnings_b = b->warnings * (b->alike + 1);
    if (warnings_a != warnings_b)
        return warnings_a < warnings_b ? 1 : -1;
    return 0;
}

/* Equal ones keep their order. */
static void sort_groups(struct groups *groups, struct arena *a)
{
    size_t n = groups->count;
    struct group **from = groups->items, **to = arena_array(a, struct group *, n);
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t mid = MIN(at + width, n), end = MIN(at + 2 * width, n), i = at, j = mid;
            for (size_t k = at; k < end; k++)
                to[k] = j >= end || (i < mid && worst_first(&from[i], &from[j]) <= 0) ? from[i++]
                                                                                      : from[j++];
        }
        struct group **other = from;
        from = to;
        to = other;
    }
    groups->items = from;
}

/* ---- one finding ---- */

static void add_place(struct buf *b, const struct finding *f)
{
    if (str_empty(f->file))
        return;
    buf_add_cstr(b, "  ");
    text_add_clean(b, f->file);
    if (f->at.line)
        buf_printf(b, ":%u:%u", f->at.line, f->at.column);
}

static enum table_style style_of(const struct finding *f)
{
    if (!finding_is_open(f) || f->severity == SEV_INFO)
        return STYLE_DIM;
    return f->severity == SEV_ERROR ? STYLE_BAD : STYLE_WARN;
}

static void add_head(const struct text *t, const struct finding *f)
{
    buf_add_cstr(t->b, "  ");
    style_begin(t->b, t->f, style_of(f));
    buf_add_cstr(t->b, severity_word(f->severity));
    style_end(t->b, t->f, style_of(f));
    buf_printf(t->b, "  %s", f->rule->id);
    add_place(t->b, f);
}

static void add_explanation(const struct text *t, const struct finding *f)
{
    if (f->suppressed) {
        finding_add_sentence(t->b, t->f, "    suppressed: ", f->suppress_reason);
        return;
    }
    if (f->known) {
        finding_add_sentence(t->b, t->f, "    known: ",
                             f->known == KNOWN_BASELINE ? STR("in the baseline")
                                                        : STR("was there before the change"));
        return;
    }
    size_t rule = rule_index(f->rule);
    bool first = t->wide || !t->explained[rule];
    if (first)
        finding_add_sentence(t->b, t->f, "    why: ", f->why);
    /* A fix that names what is to be written is worth repeating. */
    if (first || !str_is(f->fix, f->rule->fix))
        finding_add_sentence(t->b, t->f, "    fix: ", f->fix);
    t->explained[rule] = true;
}

static void add_finding(const struct text *t, const struct finding *f)
{
    add_head(t, f);
    if (!finding_is_open(f))
        buf_add_cstr(t->b, f->suppressed ? "  (suppressed)" : "  (known)");
    buf_add_char(t->b, '\n');
    finding_add_sentence(t->b, t->f, "    ", f->message);
    add_explanation(t, f);
}

/* ---- one object, and those like it ---- */

static void add_alike(const struct text *t, const struct group *g)
{
    struct buf names CLEANUP(buf_done);
    size_t shown = 0;
    buf_init(&names, MIB);
    for (const struct group *n = g->next_alike; n && shown < NAMES_SHOWN; n = n->next_alike) {
        const struct object *o = n->first->object;
        buf_printf(&names, "%s" STR_FMT "%s" STR_FMT, shown++ ? ", " : "", STR_ARG(o->ns),
                   str_empty(o->ns) ? "" : "/", STR_ARG(o->name));
    }
    if (shown < g->alike)
        buf_printf(&names, " and %zu more", g->alike - shown);
    char lead[64];
    snprintf(lead, sizeof(lead), "  likewise %zu more (-o wide): ", g->alike);
    finding_add_sentence(t->b, t->f, lead, buf_str(&names));
}

static void add_group(const struct text *t, const struct group *g)
{
    style_begin(t->b, t->f, STYLE_BOLD);
    finding_add_object(t->b, g->first);
    style_end(t->b, t->f, STYLE_BOLD);
    buf_add_char(t->b, '\n');
    for (int s = SEV_ERROR; s > SEV_OFF; s--)
        for (size_t i = 0; i < g->findings.count; i++)
            if ((int)g->findings.items[i]->severity == s)
                add_finding(t, g->findings.items[i]);
    if (g->alike)
        add_alike(t, g);
    buf_add_char(t->b, '\n');
}

/* ---- the rest, one line each ---- */

static bool is_news(const struct text *t, const struct group *g)
{
    for (size_t i = 0; i < g->findings.count; i++)
        if (!finding_is_open(g->findings.items[i]) ||
            !t->explained[rule_index(g->findings.items[i]->rule)])
            return true;
    return false;
}

static bool named_before(const struct group *g, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (g->findings.items[i]->rule == g->findings.items[at]->rule)
            return true;
    return false;
}

static void add_line(const struct text *t, const struct group *g)
{
    const struct finding *worst = g->first;
    struct buf rules CLEANUP(buf_done);
    buf_init(&rules, MIB);
    for (size_t i = g->findings.count; i-- > 0;)
        if (g->findings.items[i]->severity == g->worst)
            worst = g->findings.items[i];
    for (size_t i = 0; i < g->findings.count; i++)
        if (!named_before(g, i))
            buf_printf(&rules, "%s%s", rules.n ? ", " : "", g->findings.items[i]->rule->id);
    buf_add_cstr(t->b, "  ");
    style_begin(t->b, t->f, style_of(worst));
    buf_add_cstr(t->b, severity_word(g->worst));
    style_end(t->b, t->f, style_of(worst));
    buf_add_cstr(t->b, "  ");
    finding_add_object(t->b, g->first);
    add_place(t->b, worst);
    if (g->alike)
        buf_printf(t->b, "  and %zu like it", g->alike);
    buf_add_char(t->b, '\n');
    finding_add_sentence(t->b, t->f, "    ", buf_str(&rules));
}

static void add_rest(const struct text *t, const struct groups *rest)
{
    if (rest->count == 0)
        return;
    buf_printf(t->b, "%zu more object%s with findings of these rules (-o wide shows each):\n",
               rest->count, rest->count == 1 ? "" : "s");
    for (size_t i = 0; i < rest->count; i++)
        add_line(t, rest->items[i]);
    buf_add_char(t->b, '\n');
}

void findings_add_text(const struct findings_results *r, const struct out_format *f, struct buf *b)
{
    struct text t = {.r = r, .f = f, .b = b, .wide = f->word == FINDINGS_WIDE};
    struct groups groups = {0}, rest = {0};
    t.explained = arena_array(r->arena, bool, rule_count);
    group_findings(&t, &groups);
    if (!t.wide)
        fold(&t, &groups);
    sort_groups(&groups, r->arena);
    for (size_t i = 0; i < groups.count; i++)
        if (t.wide || i < SHOWN || is_news(&t, groups.items[i]))
            add_group(&t, groups.items[i]);
        else
            *PUSH(r->arena, &rest) = groups.items[i];
    add_rest(&t, &rest);
    if (r->change)
        change_add_text(r->change, r->arena, f, b);
    findings_add_closing(r, f, b);
}
