/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll check: what in these objects turns one OOM kill into an outage?
 */
#include "cmd/check/against.h"
#include "cmd/check/fix.h"
#include "output/findings.h"
#include "source/source.h"

struct options {
    struct judge_options judge;
    struct fix_options fix;
    struct option_outputs outputs;
    struct str baseline;
    struct option_texts against;
    int fail_on;
    bool strict, show_suppressed, no_figures;
};

static const char *const formats[] = {
    [FINDINGS_TEXT] = "text",     [FINDINGS_WIDE] = "wide",     [FINDINGS_JSON] = "json",
    [FINDINGS_YAML] = "yaml",     [FINDINGS_SARIF] = "sarif",   [FINDINGS_JUNIT] = "junit",
    [FINDINGS_GITHUB] = "github", [FINDINGS_GITLAB] = "gitlab", NULL,
};

static const struct option_spec specs[] = {
    {
        .name = "fail-on",
        .type = OPTION_WORD,
        .words = fail_on_words,
        .preset = "error",
        .help = "Exit with 1 when there is a finding of this severity or worse.",
        .offset = offsetof(struct options, fail_on),
    },
    {
        .name = "strict",
        .type = OPTION_FLAG,
        .help = "Exit with 3 when something could not be judged for want of other objects.",
        .offset = offsetof(struct options, strict),
    },
    {
        .name = "baseline",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "FILE",
        .help = "Findings that are known, as \"plimsoll baseline\" wrote them: they pass, unless "
                "they have become worse.",
        .offset = offsetof(struct options, baseline),
    },
    {
        .name = "against",
        .type = OPTION_TEXTS,
        .takes_file = true,
        .arg = "FILE|DIR|live",
        .help =
            "What there was before the change that is judged: only findings that it introduces, "
            "or makes worse, are shown and fail; and what it does to memory is told. May be "
            "given several times, like -f: all of it is the world before. live: what runs in the "
            "cluster now; the files are what is to be applied to it.",
        .offset = offsetof(struct options, against),
    },
    {
        .name = "no-figures",
        .type = OPTION_FLAG,
        .help =
            "With --against and Nodes: do not work out load line and booking margin, which takes "
            "minutes for a thousand nodes.",
        .offset = offsetof(struct options, no_figures),
    },
    {
        .name = "show-suppressed",
        .type = OPTION_FLAG,
        .help = "List also what annotations plimsoll.dev/ignore suppress, with their reasons, and "
                "what is known.",
        .offset = offsetof(struct options, show_suppressed),
    },
    OUTPUT_OPTION(struct options, outputs, formats, "text",
                  "How to print the findings. Text explains each rule once, shows objects that are "
                  "alike as one, and counts what is only worth knowing; wide shows each finding in "
                  "full; json and yaml hold everything; sarif, junit, github (workflow "
                  "commands) and gitlab (Code Quality) are for the services of these names. May be "
                  "given several times."),
};
static const struct option_table tables[] = {
    JUDGE_OPTIONS(struct options, judge),
    {.specs = specs, .count = ARRAY_LEN(specs)},
    FIX_OPTIONS(struct options, fix),
};

/* One look at the world. */
struct look {
    struct check_config config;
    struct judged now;
    struct baseline baseline;
    struct change change;
};

/* What is to be applied: the files, or standard input. */
static int name_change(struct world_options *world, struct err *e)
{
    static struct str standard_input = {"-", 1};
    if (world->paths.count == 0 && !world_stdin_is_given())
        return err_set(e, EINVAL,
                       "--against live: name with -f what is to be applied, or give it on standard "
                       "input");
    if (world->paths.count == 0)
        world->paths = (struct option_texts){&standard_input, 1, 1};
    world->live = true;
    return 0;
}

/* Whoever gives no change, or one that was not held against anything, is not to take silence for a
 * yes. */
static int check_change(const struct cluster *c, struct err *e)
{
    if (c->overlaid == 0 && c->excluded_paths == 0 && source_unreadable(c) == 0)
        return err_set(e, EINVAL,
                       "--against live: nothing to judge: there is no Kubernetes object of a known "
                       "kind in what is to be applied");
    if (!c->elsewhere)
        return 0;
    return err_set(e, EINVAL,
                   "--against live: only namespace " STR_FMT " was read, and " STR_FMT " " STR_FMT
                   " is in " STR_FMT ": give its namespace with -n, or leave -n out",
                   STR_ARG(c->live->ns), STR_ARG(c->elsewhere->kind_text),
                   STR_ARG(c->elsewhere->name), STR_ARG(c->elsewhere->ns));
}

static int look(const struct options *o, bool again, struct arena *a, struct look *l, struct err *e)
{
    struct world_options world = o->judge.world;
    struct cluster *before = NULL;
    int r = 0;
    world.quiet = again;
    world.outputs = &o->outputs;
    if (against_is_live(&o->against)) {
        r = name_change(&world, e);
        world.before = before = arena_new(a, struct cluster);
    }
    if (r == 0)
        r = judge_world(&world, &l->config, a, &l->now, e);
    if (r == 0 && before)
        r = check_change(&l->now.cluster, e);
    if (r == 0 && o->baseline.p)
        r = baseline_use(o->baseline, a, &l->now.judgement, &l->baseline, e);
    if (r == 0 && o->against.count) {
        struct against in = {&o->against, before, &world, &l->config, o->no_figures};
        r = against_use(&in, a, &l->now, &l->change, e);
    }
    return r;
}

static int exit_code(const struct options *o, const struct look *l, struct err *e)
{
    const struct cluster *c = &l->now.cluster;
    /* That all of it is excluded was said in so many words: a commit that touches nothing else. */
    if (l->now.code == EXIT_CLEAN && c->objects == 0 && c->excluded_paths == 0)
        return err_set(e, EINVAL, "nothing to judge: no Kubernetes object of a known kind");
    struct str ns = o->judge.world.ns;
    if (l->now.code == EXIT_CLEAN && ns.p && !c->live && !cluster_has_namespace(c, ns))
        return err_set(e, EINVAL, "nothing to judge: no object of namespace %.*s",
                       (int)MIN(ns.n, 63U), ns.p);
    return l->now.code == EXIT_CLEAN ? gate_exit(&l->now.judgement, o->fail_on, o->strict)
                                     : l->now.code;
}

/* A Code Quality report is a bare list of findings: what could not be judged is said beside it. */
static void tell_not_judged(const struct option_outputs *outputs, const struct findings_results *r)
{
    struct buf b CLEANUP(buf_done) = {0};
    bool wanted = false;
    for (size_t i = 0; i < outputs->count; i++)
        wanted = wanted || outputs->items[i].word == FINDINGS_GITLAB;
    buf_init(&b, MIB);
    for (size_t i = 0; wanted && i < r->judgement->not_judged.count; i++) {
        if (!r->judgement->not_judged.items[i].lacks || !not_judged_is_first(r->judgement, i))
            continue;
        buf_add_cstr(&b, "plimsoll check: ");
        not_judged_add(&b, r, i);
        buf_add_char(&b, '\n');
    }
    verb_say(&b);
}

static int show(const struct options *o, const struct option_outputs *outputs, struct arena *a,
                const struct look *l, struct err *e)
{
    struct findings_results results = {
        .arena = a,
        .cluster = &l->now.cluster,
        .judgement = &l->now.judgement,
        .config = &l->config,
        .baseline = o->baseline.p ? &l->baseline : NULL,
        .change = o->against.count ? &l->change : NULL,
        .fail_severity = fail_on_severity(o->fail_on),
        .show_suppressed = o->show_suppressed,
    };
    tell_not_judged(outputs, &results);
    return out_write_all(outputs, findings_render, &results, e);
}

/* With --fix: first the files, then a second look at what they are now. */
static int run_fix(const struct options *o, struct fixing *f, struct look *l, struct err *e)
{
    int r = o->fix.level ? fixing_make(f, &l->now.judgement, e) : 0;
    if (r == 0)
        r = fixing_write_kit(f, &l->now.cluster, e);
    if (r < 0)
        return r;
    if (o->fix.dry_run) {
        fixing_discount(f, &l->now.judgement);
        r = exit_code(o, l, e);
        return r < 0 ? r : fixing_exit(f, r);
    }
    struct option_outputs outputs = fixing_outputs(f, &o->outputs);
    r = look(o, true, f->arena, l, e);
    if (r == 0)
        r = show(o, &outputs, f->arena, l, e);
    if (r == 0)
        r = exit_code(o, l, e);
    return r < 0 ? r : fixing_exit(f, r);
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct look l;
    struct fixing fixing = {.options = &o->fix, .arena = c->arena};
    int r = config_load(&o->judge, c->arena, &l.config, e);
    if (r == 0 && o->fix.level && world_is_live(&o->judge.world))
        r = err_set(e, EINVAL, "--fix mends files, not what runs: name them with -f");
    if (r == 0)
        r = fixing_begin(&fixing, &o->judge.world, &l.config, e);
    if (r == 0)
        r = look(o, false, c->arena, &l, e);
    if (r == 0 && (o->fix.level || o->fix.kit.p))
        return run_fix(o, &fixing, &l, e);
    if (r == 0)
        r = show(o, &o->outputs, c->arena, &l, e);
    return r < 0 ? r : exit_code(o, &l, e);
}

static const struct verb_example examples[] = {
    {"A folder of manifests; exits with 1 when there are errors:",
     "plimsoll check -f examples/black-friday", EXIT_FINDINGS},
    {"What --fix would change, as a diff:",
     "plimsoll check --fix --dry-run -f examples/black-friday", EXIT_FINDINGS},
    {"For a program, and a summary for people:",
     "plimsoll check -f examples/fixed -o json=/dev/null -o text", EXIT_CLEAN},
    {"What a change introduces, and what it does to memory:",
     "plimsoll check -f examples/fixed/checkout.yaml --against examples/black-friday/checkout.yaml",
     EXIT_CLEAN},
    {"In a pipeline: annotations for GitHub, and a report for code scanning:",
     "plimsoll check -f examples/black-friday/checkout.yaml -o github -o sarif=/dev/null",
     EXIT_FINDINGS},
};

const struct verb verb_check = {
    .name = "check",
    .summary = "what in these objects turns one OOM kill into an outage?",
    .description =
        "Judges Kubernetes objects by the rules that \"plimsoll rules\" lists: missing or "
        "contradicting limits, probes that kill what is merely busy, budgets that block or do not "
        "protect, webhooks that lock a cluster.\n"
        "\n"
        "Objects are judged at the top: a Deployment, not its ReplicaSet and its pods. What can "
        "only be said with other objects at hand is judged where the input shows them, else "
        "counted as not judged: of a namespace, when the input holds the Namespace or more of it "
        "than workloads; of the cluster, when it holds Nodes, or with --complete.\n"
        "\n"
        "Severities: error means that it turns one OOM kill into an outage or cannot work at all, "
        "warning that it weakens a defence, info that it is worth knowing. An annotation on an "
        "object or its pod template suppresses findings, and says why: plimsoll.dev/ignore: "
        "\"image-latest: built on the node\".",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
