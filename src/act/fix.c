/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups edits by file. A file that is there under two names is edited under the first.
 */
#include "act/fix.h"

#include "base/map.h"

const struct str fix_stdin_name = {"<stdin>", 7};

static bool is_same_file(const struct fix_file *a, const struct fix_file *b)
{
    return !a->is_stdin && !b->is_stdin && a->file.st.st_ino == b->file.st.st_ino &&
           a->file.st.st_dev == b->file.st.st_dev;
}

/* Why the file cannot be edited at all; absent if it can. */
static struct str open_file(const struct fix_plan *p, struct fix_file *f, struct str stdin_text,
                            struct arena *a)
{
    struct err e = {0};
    f->rewrite.name = f->name;
    if (f->is_stdin) {
        f->rewrite.text = stdin_text;
        return stdin_text.p ? STR_NONE : STR("standard input is larger than 64 MiB");
    }
    if (act_file_read(f->name, REWRITE_MAX_BYTES, a, &f->file, &e) < 0)
        return arena_str(a, str_of(e.msg));
    f->rewrite.text = f->file.text;
    if (str_starts(f->file.text, "\x1f\x8b"))
        return STR("the file is compressed: only plain text is edited");
    for (size_t i = 0; i < p->files.count && p->files.items[i] != f; i++)
        if (is_same_file(p->files.items[i], f))
            return arena_printf(a, "it is the same file as " STR_FMT,
                                STR_ARG(p->files.items[i]->name));
    return STR_NONE;
}

static void rewrite_file(struct fix_plan *p, struct fix_file *f, struct str stdin_text,
                         struct arena *a)
{
    struct str why = open_file(p, f, stdin_text, a);
    for (size_t i = 0; i < f->rewrite.count; i++)
        f->rewrite.groups[i] = p->groups[f->groups[i]];
    if (!why.p)
        rewrite_text(&f->rewrite, a);
    for (size_t i = 0; i < f->rewrite.count; i++) {
        if (why.p)
            f->rewrite.groups[i].reason = why;
        p->groups[f->groups[i]] = f->rewrite.groups[i];
        f->done += f->rewrite.groups[i].done;
    }
}

static struct fix_file *file_of(struct fix_plan *p, struct map *by_name, struct str name,
                                struct arena *a)
{
    struct fix_file *f = map_get(by_name, name);
    if (f)
        return f;
    f = arena_new(a, struct fix_file);
    f->name = name;
    f->is_stdin = str_eq(name, fix_stdin_name);
    (void)map_put(by_name, name, f);
    *PUSH(a, &p->files) = f;
    return f;
}

void fix_plan_make(struct fix_plan *p, struct str stdin_text, struct arena *a)
{
    struct map by_name CLEANUP(map_done);
    struct fix_file **of = arena_array(a, struct fix_file *, p->count);
    map_init(&by_name);
    for (size_t i = 0; i < p->count; i++) {
        const struct object *o = p->groups[i].count ? p->groups[i].edits[0].object : NULL;
        if (!o || !o->source)
            continue;
        of[i] = file_of(p, &by_name, o->source->name, a);
        of[i]->rewrite.count++;
    }
    for (size_t k = 0; k < p->files.count; k++) {
        struct fix_file *f = p->files.items[k];
        f->groups = arena_array(a, size_t, f->rewrite.count);
        f->rewrite.groups = arena_array(a, struct rewrite_group, f->rewrite.count);
        f->rewrite.count = 0;
    }
    for (size_t i = 0; i < p->count; i++)
        if (of[i])
            of[i]->groups[of[i]->rewrite.count++] = i;
    for (size_t k = 0; k < p->files.count; k++)
        rewrite_file(p, p->files.items[k], stdin_text, a);
}

size_t fix_plan_write(struct fix_plan *p, bool dry_run, struct arena *a)
{
    size_t failures = 0;
    for (size_t k = 0; k < p->files.count && !dry_run; k++) {
        struct fix_file *f = p->files.items[k];
        struct err e = {0};
        if (f->done == 0 || f->is_stdin || act_file_replace(&f->file, f->rewrite.result, &e) == 0)
            continue;
        f->failed = arena_str(a, str_of(e.msg));
        failures++;
        for (size_t i = 0; i < f->rewrite.count; i++) {
            struct rewrite_group *g = &p->groups[f->groups[i]];
            if (g->done)
                g->reason = f->failed;
            g->done = false;
        }
        f->done = 0;
    }
    return failures;
}
