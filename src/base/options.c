/* SPDX-License-Identifier: Apache-2.0
 *
 * Command-line options from tables: the parser. What help, man pages and completion make of the
 * same tables is in src/cmd.
 */
#include "base/options.h"

#include "base/text.h"

struct parser {
    const struct option_tables *tables;
    struct option_args args;
    size_t next; /* of args */
    struct arena *arena;
    char *ret;
    struct option_texts *rest;
    const struct option_spec **seen; /* required options that were given */
    size_t seen_count, seen_cap;
};

/* An option and where its value goes. */
struct target {
    const struct option_spec *spec;
    void *ret;
};

void option_guess_init(struct option_guess *g, struct str typed)
{
    /* One mistake in three letters, at most three: more is a different word. */
    *g = (struct option_guess){.typed = typed, .distance = (unsigned)MIN(typed.n / 3 + 1, 3) + 1};
}

void option_guess_try(struct option_guess *g, struct str candidate)
{
    unsigned d = str_distance(g->typed, candidate);
    /* The start of a name is as good as one slip. */
    if (g->typed.n >= 2 && candidate.n > g->typed.n &&
        str_eq(str_sub(candidate, 0, g->typed.n), g->typed))
        d = 1;
    if (d < g->distance) {
        g->distance = d;
        g->best = candidate;
    }
}

static struct target find_long(const struct parser *p, struct str name)
{
    for (size_t t = 0; t < p->tables->count; t++) {
        const struct option_table *table = &p->tables->items[t];
        for (size_t i = 0; i < table->count; i++)
            if (str_is(name, table->specs[i].name))
                return (struct target){&table->specs[i],
                                       p->ret + table->offset + table->specs[i].offset};
    }
    return (struct target){NULL, NULL};
}

static struct target find_letter(const struct parser *p, char letter)
{
    for (size_t t = 0; t < p->tables->count; t++) {
        const struct option_table *table = &p->tables->items[t];
        for (size_t i = 0; i < table->count; i++)
            if (table->specs[i].letter == letter)
                return (struct target){&table->specs[i],
                                       p->ret + table->offset + table->specs[i].offset};
    }
    return (struct target){NULL, NULL};
}

const struct option_spec *options_find(const struct option_tables *tables, struct str name)
{
    struct parser p = {.tables = tables};
    return find_long(&p, name).spec;
}

void option_add_arg(struct buf *b, const struct option_spec *o)
{
    if (o->arg) {
        buf_add_cstr(b, o->arg);
        return;
    }
    for (size_t i = 0; o->words && o->words[i]; i++)
        buf_printf(b, "%s%s", i ? "|" : "", o->words[i]);
}

static int unknown_option(const struct parser *p, struct str name, struct err *e)
{
    struct option_guess g;
    option_guess_init(&g, name);
    for (size_t t = 0; t < p->tables->count; t++)
        for (size_t i = 0; i < p->tables->items[t].count; i++)
            if (!p->tables->items[t].specs[i].hidden)
                option_guess_try(&g, str_of(p->tables->items[t].specs[i].name));
    option_guess_try(&g, STR("help"));
    if (g.best.p)
        return err_set(e, EINVAL, "unknown option --" STR_FMT "; did you mean --" STR_FMT "?",
                       STR_ARG(name), STR_ARG(g.best));
    return err_set(e, EINVAL, "unknown option --" STR_FMT, STR_ARG(name));
}

/* The index of the word, or -EINVAL with the words that there are. */
static int find_word(const struct option_spec *o, struct str text, struct err *e)
{
    char all[160] = "";
    size_t n = 0;
    for (int i = 0; o->words[i]; i++) {
        if (str_is(text, o->words[i]))
            return i;
        if (n < sizeof(all))
            n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", i ? ", " : "", o->words[i]);
    }
    int shown = (int)MIN(text.n, 40);
    return err_set(e, EINVAL, "\"%.*s\" is not one of %s", shown, text.p ? text.p : "", all);
}

static int add_output(struct parser *p, struct target t, struct str text, struct err *e)
{
    struct str file;
    struct str word = str_cut(text, '=', &file);
    int index = find_word(t.spec, word, e);
    if (index < 0)
        return index;
    if (file.p && str_empty(file))
        return err_set(e, EINVAL, "no file name after \"" STR_FMT "=\"", STR_ARG(word));
    struct option_outputs *outputs = t.ret;
    for (size_t i = 0; i < outputs->count; i++) {
        if (!file.p && !outputs->items[i].file.p)
            return err_set(e, EINVAL,
                           "two formats for standard output: give one a file, such as "
                           "-o " STR_FMT "=FILE",
                           STR_ARG(word));
        if (file.p && outputs->items[i].file.p && str_eq(file, outputs->items[i].file))
            return err_set(e, EINVAL, "two outputs to one file");
    }
    *PUSH(p->arena, outputs) = (struct option_output){index, file};
    return 0;
}

static int parse_int(const struct option_spec *o, struct str text, int64_t *ret, struct err *e)
{
    int64_t v;
    int r = str_to_int64(text, &v);
    int shown = (int)MIN(text.n, 40);
    if (r == -EINVAL)
        return err_set(e, EINVAL, "\"%.*s\" is not a whole number", shown, text.p ? text.p : "");
    if (r < 0 || v < o->min || v > o->max)
        return err_set(e, EINVAL, "%.*s is not from %lld to %lld", shown, text.p ? text.p : "",
                       (long long)o->min, (long long)o->max);
    *ret = v;
    return 0;
}

static int set_value(struct parser *p, struct target t, struct str text, struct err *e)
{
    int r = 0;
    switch (t.spec->type) {
    case OPTION_FLAG:
        *(bool *)t.ret = true;
        break;
    case OPTION_TEXT:
        *(struct str *)t.ret = text;
        break;
    case OPTION_TEXTS:
        *PUSH(p->arena, (struct option_texts *)t.ret) = text;
        break;
    case OPTION_WORD:
        r = find_word(t.spec, text, e);
        if (r >= 0)
            *(int *)t.ret = r;
        break;
    case OPTION_INT:
        r = parse_int(t.spec, text, t.ret, e);
        break;
    case OPTION_OUTPUTS:
        r = add_output(p, t, text, e);
        break;
    case OPTION_PARSED:
        r = t.spec->parse(text, t.ret, e);
        break;
    }
    if (r < 0) {
        err_wrap(e, "--%s", t.spec->name);
        return r;
    }
    if (t.spec->required) {
        if (p->seen_count == p->seen_cap)
            p->seen = arena_grow(p->arena, p->seen, p->seen_count, &p->seen_cap, sizeof(*p->seen));
        p->seen[p->seen_count++] = t.spec;
    }
    return 0;
}

/* Takes the next argument as the value of t. */
static int take_value(struct parser *p, struct target t, struct err *e)
{
    if (p->next == p->args.count) {
        struct buf arg CLEANUP(buf_done);
        buf_init(&arg, 200);
        option_add_arg(&arg, t.spec);
        return err_set(e, EINVAL, "--%s needs a value: --%s " STR_FMT, t.spec->name, t.spec->name,
                       STR_ARG(buf_str(&arg)));
    }
    return set_value(p, t, str_of(p->args.items[p->next++]), e);
}

static int parse_long(struct parser *p, struct str text, struct err *e)
{
    struct str value;
    struct str name = str_cut(text, '=', &value);
    if (str_is(name, "help"))
        return -ECANCELED;
    struct target t = find_long(p, name);
    if (!t.spec)
        return unknown_option(p, name, e);
    if (t.spec->type == OPTION_FLAG) {
        if (value.p)
            return err_set(e, EINVAL, "--%s takes no value", t.spec->name);
        return set_value(p, t, STR_NONE, e);
    }
    if (!value.p && t.spec->bare)
        value = str_of(t.spec->bare);
    return value.p ? set_value(p, t, value, e) : take_value(p, t, e);
}

static int parse_letters(struct parser *p, struct str letters, struct err *e)
{
    for (size_t i = 0; i < letters.n; i++) {
        if (letters.p[i] == 'h')
            return -ECANCELED;
        struct target t = find_letter(p, letters.p[i]);
        if (!t.spec)
            return err_set(e, EINVAL, "unknown option -%c%s%.*s", letters.p[i],
                           letters.n > 1 ? " in -" : "", letters.n > 1 ? (int)letters.n : 0,
                           letters.p);
        int r;
        if (t.spec->type == OPTION_FLAG) {
            r = set_value(p, t, STR_NONE, e);
            if (r < 0)
                return r;
            continue;
        }
        /* "-ofoo", "-o=foo" and "-o foo" all mean foo. */
        struct str value = str_sub(letters, i + 1, letters.n);
        if (str_starts(value, "="))
            value = str_sub(value, 1, value.n);
        return i + 1 < letters.n ? set_value(p, t, value, e) : take_value(p, t, e);
    }
    return 0;
}

static size_t list_count(struct target t)
{
    if (t.spec->type == OPTION_TEXTS)
        return ((struct option_texts *)t.ret)->count;
    if (t.spec->type == OPTION_OUTPUTS)
        return ((struct option_outputs *)t.ret)->count;
    return 0;
}

/* Sets every preset that leaves a single value; presets of lists count only when none is given. */
static int set_presets(struct parser *p, bool lists, struct err *e)
{
    for (size_t t = 0; t < p->tables->count; t++) {
        const struct option_table *table = &p->tables->items[t];
        for (size_t i = 0; i < table->count; i++) {
            const struct option_spec *o = &table->specs[i];
            bool is_list = o->type == OPTION_TEXTS || o->type == OPTION_OUTPUTS;
            struct target target = {o, p->ret + table->offset + o->offset};
            if (!o->preset || is_list != lists || list_count(target) != 0)
                continue;
            int r = set_value(p, target, str_of(o->preset), e);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int check_required(const struct parser *p, struct err *e)
{
    for (size_t t = 0; t < p->tables->count; t++) {
        const struct option_table *table = &p->tables->items[t];
        for (size_t i = 0; i < table->count; i++) {
            const struct option_spec *o = &table->specs[i];
            bool seen = !o->required;
            for (size_t k = 0; k < p->seen_count; k++)
                seen = seen || p->seen[k] == o;
            if (!seen)
                return err_set(e, EINVAL, "--%s %s is missing", o->name, o->arg ? o->arg : "");
        }
    }
    return 0;
}

int options_parse(const struct option_tables *tables, struct option_args args, struct arena *a,
                  void *ret, struct option_texts *ret_rest, struct err *e)
{
    struct parser p = {.tables = tables, .args = args, .arena = a, .ret = ret, .rest = ret_rest};
    int r = set_presets(&p, false, e);
    bool options_end = false;
    while (r >= 0 && p.next < args.count) {
        struct str text = str_of(args.items[p.next++]);
        if (!options_end && str_is(text, "--"))
            options_end = true;
        else if (!options_end && str_starts(text, "--"))
            r = parse_long(&p, str_sub(text, 2, text.n), e);
        else if (!options_end && text.n > 1 && text.p[0] == '-')
            r = parse_letters(&p, str_sub(text, 1, text.n), e);
        else
            *PUSH(a, ret_rest) = text;
    }
    if (r >= 0)
        r = set_presets(&p, true, e);
    return r < 0 ? r : check_required(&p, e);
}
