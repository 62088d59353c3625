/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll rules [ID...]: the rules of check, or the pages of some.
 */
#include "cmd/verb.h"
#include "output/rule_page.h"

struct options {
    struct option_outputs outputs;
};

static const char *const formats[] = {"text", "json", "yaml", "markdown", "schema", NULL};

static const struct option_spec specs[] = {OUTPUT_OPTION(
    struct options, outputs, formats, "text",
    "How to print them: text, json, yaml or markdown (the pages of the documentation); schema is the "
    "JSON Schema of .plimsoll.yaml, for editors.")};
static const struct option_table tables[] = {{.specs = specs, .count = ARRAY_LEN(specs)}};

/* "pdb" -> "pdb-missing, pdb-overlap, ..." */
static void add_containing(struct buf *b, struct str id)
{
    for (size_t i = 0; i < rule_count; i++)
        if (str_find(str_of(rule_table[i]->id), id.n ? id.p : "-") >= 0)
            buf_printf(b, "%s%s", b->n ? ", " : "", rule_table[i]->id);
}

static int unknown(struct str id, struct err *e)
{
    const char *guess = rule_suggest(id);
    if (guess)
        return err_set(e, EINVAL, "there is no rule \"" STR_FMT "\"; did you mean \"%s\"?",
                       STR_ARG(str_sub(id, 0, 80)), guess);
    struct buf like CLEANUP(buf_done);
    buf_init(&like, 16 * KIB);
    add_containing(&like, id);
    if (like.n && like.n < 150)
        return err_set(e, EINVAL, "there is no rule \"" STR_FMT "\", but " STR_FMT,
                       STR_ARG(str_sub(id, 0, 40)), STR_ARG(buf_str(&like)));
    return err_set(e, EINVAL, "there is no rule \"" STR_FMT "\"; \"plimsoll rules\" lists them",
                   STR_ARG(str_sub(id, 0, 80)));
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct rule_results r = {.arena = c->arena, .page = c->args.count > 0};
    r.count = r.page ? c->args.count : rule_count;
    r.rules = arena_array(c->arena, const struct rule *, r.count);
    for (size_t i = 0; i < r.count; i++) {
        r.rules[i] = r.page ? rule_find(c->args.items[i]) : rule_table[i];
        if (!r.rules[i])
            return unknown(c->args.items[i], e);
    }
    int got = out_write_all(&o->outputs, rules_render, &r, e);
    return got < 0 ? got : EXIT_CLEAN;
}

static const struct verb_example examples[] = {
    {"All rules:", "plimsoll rules", EXIT_CLEAN},
    {"One rule, with a bad and a good example:", "plimsoll rules pdb-blocks-drain", EXIT_CLEAN},
};

const struct verb verb_rules = {
    .name = "rules",
    .summary = "the rules of check: what each finds, why, and how to fix it",
    .args = "[ID...]",
    .description =
        "Lists the rules that \"plimsoll check\" judges by, each with the worst severity that it "
        "gives. With the ids of rules it prints a page for each: what is wrong, what it leads to, "
        "what to do, and a bad and a good example (both are among the rule's tests).",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
