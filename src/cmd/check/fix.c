/* SPDX-License-Identifier: Apache-2.0
 *
 * check --fix: findings with edits become a plan, the plan becomes files or a diff, and stderr says
 * what was done and what was not, and why.
 */
#include "cmd/check/fix.h"

#include <unistd.h>

#include "base/diff.h"
#include "base/text.h"
#include "cmd/check/kit.h"
#include "output/out.h"
#include "source/standard_input.h"

enum { MOST_REASONS = 40 }; /* printed */

static const char *const fix_words[] = {"none", "safe", "all", NULL};
static const enum fix_level fix_levels[] = {FIX_NONE, FIX_SAFE, FIX_ALL};

const struct option_spec fix_option_specs[FIX_OPTION_COUNT] = {
    {
        .name = "fix",
        .type = OPTION_WORD,
        .words = fix_words,
        .bare = "safe",
        .preset = "none",
        .help =
            "Mend what can be mended by machine, in the files themselves; comments and layout "
            "stay. --fix or --fix=safe: timeouts of liveness probes, missing "
            "PodDisruptionBudgets (a new document), eviction defaults that a kubelet "
            "configuration does not name. --fix=all also: what somebody may rely on, such as the "
            "failurePolicy of webhooks, and limits and requests where their use is in the "
            "input. What is left is judged as usual. \"plimsoll rules\" says which rules have "
            "a fix.",
        .offset = offsetof(struct fix_options, level),
    },
    {
        .name = "dry-run",
        .type = OPTION_FLAG,
        .help = "With --fix: print what would change as a unified diff (patch -p1, git apply), and "
                "change nothing.",
        .offset = offsetof(struct fix_options, dry_run),
    },
    {
        .name = "memory-limit",
        .type = OPTION_PARSED,
        .arg = "QUANTITY",
        .parse = option_parse_bytes,
        .help = "With --fix: the memory limit to write where there is none. Refused where the "
                "container uses more.",
        .offset = offsetof(struct fix_options, memory_limit_bytes),
    },
    {
        .name = "memory-request",
        .type = OPTION_PARSED,
        .arg = "QUANTITY",
        .parse = option_parse_bytes,
        .help = "With --fix: the memory request to write where there is none. Refused where the "
                "container uses more.",
        .offset = offsetof(struct fix_options, memory_request_bytes),
    },
    {
        .name = "namespace-kit",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "DIR|-",
        .help =
            "Write what a namespace with workloads lacks, to DIR/NAMESPACE-kit.yaml or standard "
            "output: a LimitRange and a ResourceQuota sized from what runs there, and "
            "NetworkPolicies that deny all but DNS. Files that are there are not overwritten; "
            "comments in them say where each number is from.",
        .offset = offsetof(struct fix_options, kit),
    },
};

static bool reads_stdin(const struct world_options *world)
{
    for (size_t i = 0; i < world->paths.count; i++)
        if (str_is(world->paths.items[i], "-"))
            return true;
    return world->paths.count == 0 && !world_is_live(world);
}

int fixing_begin(struct fixing *f, const struct world_options *world, struct check_config *config,
                 struct err *e)
{
    const struct fix_options *o = f->options;
    if (!o->level &&
        ((o->dry_run && !o->kit.p) || o->memory_limit_bytes || o->memory_request_bytes))
        return err_set(e, EINVAL, "%s goes with --fix",
                       o->memory_limit_bytes     ? "--memory-limit"
                       : o->memory_request_bytes ? "--memory-request"
                                                 : "--dry-run");
    if (o->kit.p && str_empty(o->kit))
        return err_set(e, EINVAL, "--namespace-kit: no folder is named");
    config->fix = fix_levels[o->level];
    config->memory_limit_bytes = o->memory_limit_bytes;
    config->memory_request_bytes = o->memory_request_bytes;
    f->on_stdin = o->level && reads_stdin(world);
    if (f->on_stdin && !o->dry_run && str_is(o->kit, "-"))
        return err_set(e, EINVAL,
                       "standard output carries the fixed stream: give --namespace-kit a "
                       "folder");
    return f->on_stdin ? standard_input_keep(REWRITE_MAX_BYTES, f->arena, &f->stdin_text, e) : 0;
}

/* ---- what is said ---- */

/* "a.yaml: fixed 3 findings: pdb-missing (2), webhook-timeout". */
static void say_file(const struct fixing *f, const struct fix_file *file)
{
    struct buf b CLEANUP(buf_done);
    size_t *counts = arena_array(f->arena, size_t, rule_count);
    for (size_t i = 0; i < file->rewrite.count; i++)
        if (f->plan.groups[file->groups[i]].done)
            counts[rule_index(f->findings[file->groups[i]]->rule)]++;
    buf_init(&b, 64 * KIB);
    buf_add_cstr(&b, "plimsoll: ");
    text_add_clean(&b, file->name);
    buf_printf(&b, ": %s %zu finding%s: ", f->options->dry_run ? "would fix" : "fixed", file->done,
               file->done == 1 ? "" : "s");
    const char *comma = "";
    for (size_t i = 0; i < rule_count; i++) {
        if (!counts[i])
            continue;
        buf_printf(&b, "%s%s", comma, rule_table[i]->id);
        if (counts[i] > 1)
            buf_printf(&b, " (%zu)", counts[i]);
        comma = ", ";
    }
    buf_add_char(&b, '\n');
    verb_say(&b);
}

/* Findings that were not fixed for one reason. */
enum { RULES_NAMED = 3 };
struct left {
    const struct finding *first;
    struct str reason;
    size_t count;
    const struct rule *rules[RULES_NAMED];
    size_t rule_count;
    bool more_rules; /* that are not named */
};
struct left_list {
    struct left *items;
    size_t count, cap;
};

static void note_left(const struct fixing *f, struct left_list *l, const struct finding *finding,
                      struct str reason)
{
    size_t i = 0;
    while (i < l->count && !str_eq(l->items[i].reason, reason))
        i++;
    if (i == l->count)
        *PUSH(f->arena, l) = (struct left){.first = finding, .reason = reason};
    struct left *left = &l->items[i];
    left->count++;
    for (size_t k = 0; k < left->rule_count; k++)
        if (left->rules[k] == finding->rule)
            return;
    if (left->rule_count < RULES_NAMED)
        left->rules[left->rule_count++] = finding->rule;
    else
        left->more_rules = true;
}

static void say_left(const struct left *l)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    buf_add_cstr(&b, "plimsoll: ");
    for (size_t i = 0; i < l->rule_count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", l->rules[i]->id);
    buf_printf(&b, "%s not fixed", l->more_rules ? " and others" : "");
    if (l->count > 1)
        buf_printf(&b, ", %zu times", l->count);
    if (!str_empty(l->first->file)) {
        buf_add_cstr(&b, l->count > 1 ? " (first " : " (");
        text_add_clean(&b, l->first->file);
        if (l->first->at.line)
            buf_printf(&b, ":%u", l->first->at.line);
        buf_add_char(&b, ')');
    }
    buf_add_cstr(&b, ": ");
    text_add_clean(&b, l->reason);
    buf_add_char(&b, '\n');
    verb_say(&b);
}

static void say_all(const struct fixing *f, const struct judgement *j)
{
    struct left_list left = {0};
    size_t done = 0;
    for (size_t i = 0; i < f->plan.files.count; i++) {
        if (f->plan.files.items[i]->done)
            say_file(f, f->plan.files.items[i]);
        done += f->plan.files.items[i]->done;
    }
    for (size_t i = 0; i < f->plan.count; i++)
        if (!f->plan.groups[i].done)
            note_left(f, &left, f->findings[i], f->plan.groups[i].reason);
    for (size_t i = 0; i < j->findings.count; i++) {
        const struct finding *finding = j->findings.items[i];
        if (finding_is_open(finding) && finding->unfixable.p)
            note_left(f, &left, finding, finding->unfixable);
    }
    for (size_t i = 0; i < MIN(left.count, (size_t)MOST_REASONS); i++)
        say_left(&left.items[i]);
    if (left.count > MOST_REASONS)
        fprintf(stderr, "plimsoll: and %zu more that were not fixed\n", left.count - MOST_REASONS);
    if (done == 0 && left.count == 0)
        fprintf(stderr, "plimsoll: nothing to fix\n");
}

/* ---- what is done ---- */

static void collect(struct fixing *f, const struct judgement *j)
{
    struct fix_plan *p = &f->plan;
    p->groups = arena_array(f->arena, struct rewrite_group, j->findings.count);
    f->findings = arena_array(f->arena, struct finding *, j->findings.count);
    for (size_t i = 0; i < j->findings.count; i++) {
        struct finding *finding = j->findings.items[i];
        if (!finding_is_open(finding))
            continue;
        f->refused = f->refused || finding->refused;
        if (finding->edits.count == 0)
            continue;
        f->findings[p->count] = finding;
        p->groups[p->count++] =
            (struct rewrite_group){.edits = finding->edits.items, .count = finding->edits.count};
    }
}

static int write_diff(const struct fixing *f, struct err *e)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, OUT_MAX_BYTES);
    for (size_t i = 0; i < f->plan.files.count; i++) {
        const struct fix_file *file = f->plan.files.items[i];
        struct diff d = {file->is_stdin ? STR("stdin") : file->name, file->rewrite.text,
                         file->rewrite.result, isatty(STDOUT_FILENO)};
        if (file->done)
            diff_add(&b, &d);
    }
    return out_write(STR_NONE, buf_str(&b), e);
}

/* Standard input goes on, fixed or as it was, and is judged again from there. */
static int pass_on_stdin(const struct fixing *f, struct err *e)
{
    struct str text = f->stdin_text;
    for (size_t i = 0; i < f->plan.files.count; i++)
        if (f->plan.files.items[i]->is_stdin && f->plan.files.items[i]->done)
            text = f->plan.files.items[i]->rewrite.result;
    if (!text.p)
        return err_set(e, EFBIG, "standard input is larger than 64 MiB and is not fixed");
    int r = standard_input_put(text, e);
    return r < 0 ? r : out_write(STR_NONE, text, e);
}

int fixing_make(struct fixing *f, const struct judgement *j, struct err *e)
{
    collect(f, j);
    fix_plan_make(&f->plan, f->stdin_text, f->arena);
    f->failures = fix_plan_write(&f->plan, f->options->dry_run, f->arena);
    int r = 0;
    if (f->options->dry_run)
        r = write_diff(f, e);
    else if (f->on_stdin)
        r = pass_on_stdin(f, e);
    if (r == 0)
        say_all(f, j);
    return r;
}

void fixing_discount(const struct fixing *f, struct judgement *j)
{
    for (size_t i = 0; i < f->plan.count; i++)
        if (f->plan.groups[i].done)
            j->by_severity[f->findings[i]->severity]--;
}

int fixing_write_kit(struct fixing *f, const struct cluster *c, struct err *e)
{
    if (!f->options->kit.p)
        return 0;
    int r = kit_write(f->options->kit, c, f->options->dry_run, f->arena, e);
    if (r > 0)
        f->failures += (size_t)r;
    return r < 0 ? r : 0;
}

int fixing_exit(const struct fixing *f, int code)
{
    if (f->failures || code == EXIT_USAGE)
        return EXIT_USAGE;
    return f->refused ? EXIT_SAFETY : code;
}

struct option_outputs fixing_outputs(const struct fixing *f, const struct option_outputs *o)
{
    struct option_outputs left = {0};
    for (size_t i = 0; i < o->count; i++)
        if (o->items[i].file.p || !(f->on_stdin || str_is(f->options->kit, "-")))
            *PUSH(f->arena, &left) = o->items[i];
    return left;
}
