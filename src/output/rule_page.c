/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of rules, made from the rule and its first bad and good case.
 */
#include "output/rule_page.h"

#include "base/json_write.h"
#include "base/text.h"
#include "output/table.h"

static const char *needs_text(enum rule_needs n)
{
    switch (n) {
    case NEEDS_NAMESPACE:
        return "Judged where the input shows more of the namespace than workloads, or with "
               "--complete.";
    case NEEDS_CLUSTER:
        return "Judged where the input holds Nodes, or with --complete.";
    case NEEDS_NODES:
        return "Judged where the input holds Nodes.";
    case NEEDS_NOTHING:
        break;
    }
    return NULL;
}

/* What of check mends a finding, and in a sentence; NULL = people. */
static const char *fix_option(enum fix_level l)
{
    static const char *const options[] = {
        [FIX_SAFE] = "--fix",
        [FIX_SIZES] = "--fix, sized",
        [FIX_ALL] = "--fix=all",
        [FIX_KIT] = "--namespace-kit",
    };
    return options[l];
}

static const char *fix_text(enum fix_level l)
{
    static const char *const texts[] = {
        [FIX_SAFE] = "plimsoll check --fix mends it.",
        [FIX_SIZES] = "plimsoll check --fix --memory-limit or --memory-request mends it, or "
                      "--fix=all where the input knows its use.",
        [FIX_ALL] = "plimsoll check --fix=all mends it; look first who relies on what is there.",
        [FIX_KIT] = "plimsoll check --namespace-kit writes one.",
    };
    return texts[l];
}

static size_t option_count(const struct rule *r)
{
    size_t n = 0;
    while (n < RULE_OPTIONS_MAX && r->options[n].name)
        n++;
    return n;
}

/* ---- list ---- */

static void add_list(const struct rule_results *r, const struct out_format *f, struct buf *b)
{
    static const struct table_column columns[] = {
        {.title = "RULE"},
        {.title = "WORST"},
        {.title = "FAMILY"},
        {.title = "MENDED BY"},
        {.title = "WHAT", .shrinks = true, .keeps_front = true},
    };
    struct table t;
    table_init(&t, r->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < r->count; i++) {
        const struct rule *rule = r->rules[i];
        table_add(&t, str_of(rule->id), STYLE_BOLD);
        table_add(&t, str_of(severity_word(rule->severity)), STYLE_PLAIN);
        table_add(&t, str_of(rule_families[rule_index(rule)]), STYLE_PLAIN);
        const char *option = fix_option(rule->fix_level);
        table_add(&t, option ? str_of(option) : STR("-"), STYLE_PLAIN);
        table_add(&t, str_of(rule->title), STYLE_PLAIN);
        table_row_end(&t);
    }
    table_render(&t, f, b);
}

/* ---- one page ---- */

static void add_part(struct buf *b, const struct out_format *f, const char *lead, const char *text)
{
    if (text)
        text_wrap(b, f, lead, str_of(text), strlen(lead));
}

static void add_indented(struct buf *b, const char *yaml)
{
    for (struct str rest = str_of(yaml); !str_empty(rest);) {
        struct str line = str_cut(rest, '\n', &rest);
        buf_add_cstr(b, str_empty(line) ? "" : "    ");
        text_add_clean(b, line);
        buf_add_char(b, '\n');
    }
}

static void add_page(const struct rule *r, const struct out_format *f, struct buf *b)
{
    size_t i = rule_index(r);
    style_begin(b, f, STYLE_BOLD);
    buf_add_cstr(b, r->id);
    style_end(b, f, STYLE_BOLD);
    buf_printf(b, " (%s, family %s)\n", severity_word(r->severity), rule_families[i]);
    buf_printf(b, "%s.\n\n", r->title);
    add_part(b, f, "why: ", r->why);
    add_part(b, f, "fix: ", r->fix);
    add_part(b, f, "see: ", r->see);
    add_part(b, f, "", needs_text(r->needs));
    add_part(b, f, "", fix_text(r->fix_level));
    for (size_t n = 0; n < option_count(r); n++)
        buf_printf(b, "option %s (default %lld): %s\n", r->options[n].name,
                   (long long)r->options[n].value, r->options[n].help);
    buf_add_cstr(b, "\nbad:\n");
    add_indented(b, rule_examples[i].bad);
    buf_add_cstr(b, "\ngood:\n");
    add_indented(b, rule_examples[i].good);
}

/* ---- Markdown ---- */

void rule_page_add_markdown(const struct rule *r, struct buf *b)
{
    size_t i = rule_index(r);
    buf_printf(b, "# %s\n\n%s. Worst severity: **%s**. Family: %s.\n\n", r->id, r->title,
               severity_word(r->severity), rule_families[i]);
    buf_printf(b, "**Why:** %s.\n\n**Fix:** %s.\n", r->why, r->fix);
    if (r->see)
        buf_printf(b, "\nLearned from %s.\n", r->see);
    if (needs_text(r->needs))
        buf_printf(b, "\n%s\n", needs_text(r->needs));
    if (fix_text(r->fix_level))
        buf_printf(b, "\n%s\n", fix_text(r->fix_level));
    if (option_count(r) > 0)
        buf_add_cstr(b, "\n| option in `.plimsoll.yaml` | default | meaning |\n|---|---|---|\n");
    for (size_t n = 0; n < option_count(r); n++)
        buf_printf(b, "| `%s` | %lld | %s |\n", r->options[n].name, (long long)r->options[n].value,
                   r->options[n].help);
    buf_printf(b, "\nBad:\n```yaml\n%s```\n\nGood:\n```yaml\n%s```\n", rule_examples[i].bad,
               rule_examples[i].good);
}

/* ---- JSON ---- */

static void add_options(struct json_writer *w, const struct rule *r)
{
    json_key(w, "options");
    json_seq(w);
    for (size_t n = 0; n < option_count(r); n++) {
        const struct rule_option *o = &r->options[n];
        json_map(w);
        json_add_cstr(w, "name", o->name);
        json_add_int(w, "default", o->value);
        json_add_int(w, "min", o->min);
        json_add_int(w, "max", o->max);
        json_add_cstr(w, "help", o->help);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_rule(struct json_writer *w, const struct rule *r)
{
    static const char *const needs[] = {NULL, "namespace", "namespaceObject", "cluster", "nodes"};
    size_t i = rule_index(r);
    json_map(w);
    json_add_cstr(w, "id", r->id);
    json_add_cstr(w, "family", rule_families[i]);
    json_add_cstr(w, "severity", severity_word(r->severity));
    json_add_cstr(w, "title", r->title);
    json_add_cstr(w, "why", r->why);
    json_add_cstr(w, "fix", r->fix);
    json_add_cstr(w, "see", r->see);
    json_add_cstr(w, "needs", needs[r->needs]);
    json_add_bool(w, "fixable", r->fixer != NULL);
    json_add_cstr(w, "mendedBy", fix_option(r->fix_level));
    add_options(w, r);
    json_add_cstr(w, "bad", rule_examples[i].bad);
    json_add_cstr(w, "good", rule_examples[i].good);
    json_map_end(w);
}

static void add_json(const struct rule_results *r, enum json_style style, struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "RuleList");
    json_key(&w, "summary");
    json_map(&w);
    json_add_int(&w, "rules", (int64_t)r->count);
    json_map_end(&w);
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < r->count; i++)
        add_rule(&w, r->rules[i]);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}

void rules_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct rule_results *r = results;
    if (f->word == RULE_JSON || f->word == RULE_YAML) {
        add_json(r, f->word == RULE_YAML ? JSON_AS_YAML : JSON_INDENTED, b);
    } else if (f->word == RULE_MARKDOWN) {
        for (size_t i = 0; i < r->count; i++) {
            buf_add_cstr(b, i ? "\n" : "");
            rule_page_add_markdown(r->rules[i], b);
        }
    } else if (f->word == RULE_SCHEMA) {
        config_schema_add(b);
    } else if (r->page) {
        for (size_t i = 0; i < r->count; i++) {
            buf_add_cstr(b, i ? "\n" : "");
            add_page(r->rules[i], f, b);
        }
    } else {
        add_list(r, f, b);
    }
}
