/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings as GitHub's workflow commands: ::error file=...,line=...::message. Escaped as
 * actions/toolkit's command.ts does. Errors come first, because GitHub shows only the first ten of
 * each level; what is only worth knowing is left to other formats.
 */
#include "base/text.h"
#include "output/findings.h"

/* In a property ':' and ',' would end it. */
static void add_escaped(struct buf *b, struct str text, bool in_property)
{
    struct buf clean CLEANUP(buf_done);
    buf_init(&clean, 64 * KIB);
    text_add_clean(&clean, text);
    for (size_t i = 0; i < clean.n; i++) {
        char c = clean.p[i];
        if (c == '%' || (in_property && (c == ':' || c == ',')))
            buf_printf(b, "%%%02X", (unsigned)c);
        else
            buf_add_char(b, c);
    }
}

static void add_command(struct buf *b, const struct finding *f)
{
    struct buf object CLEANUP(buf_done);
    buf_init(&object, 64 * KIB);
    finding_add_object(&object, f);
    buf_printf(b, "::%s ", f->severity == SEV_ERROR ? "error" : "warning");
    if (!str_empty(f->file)) {
        buf_add_cstr(b, "file=");
        add_escaped(b, finding_repository_path(f), true);
        struct pos at = finding_repository_pos(f);
        if (at.line)
            buf_printf(b, ",line=%u", at.line);
        if (at.line && at.column)
            buf_printf(b, ",col=%u", at.column);
        buf_add_char(b, ',');
    }
    buf_printf(b, "title=%s::", f->rule->id);
    add_escaped(b, buf_str(&object), false);
    buf_add_cstr(b, ": ");
    add_escaped(b, f->message, false);
    /* A line feed inside of a command is written so. */
    buf_add_cstr(b, "%0Afix: ");
    add_escaped(b, f->fix, false);
    buf_add_char(b, '\n');
}

/* What the cluster would not list. That files do not hold all of a cluster is no news at each change. */
static void add_not_judged(struct buf *b, const struct findings_results *r)
{
    const struct judgement *j = r->judgement;
    for (size_t i = 0; i < j->not_judged.count; i++) {
        struct buf text CLEANUP(buf_done) = {0};
        if (!j->not_judged.items[i].lacks || !not_judged_is_first(j, i))
            continue;
        bool refused = not_judged_is_refused(r->cluster, &j->not_judged.items[i]);
        buf_init(&text, 64 * KIB);
        not_judged_add(&text, r, i);
        buf_printf(b, "::%s title=not judged::", refused ? "warning" : "notice");
        add_escaped(b, buf_str(&text), false);
        buf_add_char(b, '\n');
    }
}

void findings_add_github(const struct findings_results *r, struct buf *b)
{
    const struct judgement *j = r->judgement;
    for (int s = SEV_ERROR; s >= SEV_WARNING; s--)
        for (size_t i = 0; i < j->findings.count; i++)
            if ((int)j->findings.items[i]->severity == s && finding_is_open(j->findings.items[i]))
                add_command(b, j->findings.items[i]);
    for (size_t i = 0; i < r->cluster->problems.count; i++) {
        const struct problem *p = &r->cluster->problems.items[i];
        struct finding place = {.file = p->file};
        if (p->type != PROBLEM_UNREADABLE)
            continue;
        buf_add_cstr(b, "::error file=");
        add_escaped(b, finding_repository_path(&place), true);
        if (p->at.line)
            buf_printf(b, ",line=%u", p->at.line);
        buf_add_cstr(b, ",title=unreadable::");
        add_escaped(b, p->message, false);
        buf_add_char(b, '\n');
    }
    add_not_judged(b, r);
}
