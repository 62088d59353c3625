/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll baseline: writes down the findings of today, so that check fails only on new ones.
 */
#include <stdio.h>

#include "cmd/check/check.h"
#include "output/baseline.h"

struct options {
    struct judge_options judge;
    struct option_outputs outputs;
    int least;
};

static const char *const formats[] = {[BASELINE_YAML] = "yaml", [BASELINE_JSON] = "json", NULL};

/* The same words as --fail-on, but for "never". */
static const char *const least_words[] = {
    [FAIL_ON_ERROR] = "error", [FAIL_ON_WARNING] = "warning", [FAIL_ON_INFO] = "info", NULL};

static const struct option_spec specs[] = {
    {
        .name = "severity",
        .type = OPTION_WORD,
        .words = least_words,
        .preset = "warning",
        .help = "Write findings of this severity and worse.",
        .offset = offsetof(struct options, least),
    },
    OUTPUT_OPTION(struct options, outputs, formats, "yaml",
                  "Where to write it. A file is replaced as a whole."),
};
static const struct option_table tables[] = {
    JUDGE_OPTIONS(struct options, judge),
    {.specs = specs, .count = ARRAY_LEN(specs)},
};

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct check_config config;
    struct judged judged = {0};
    struct baseline baseline;
    struct world_options world = o->judge.world;
    world.outputs = &o->outputs;
    int r = config_load(&o->judge, c->arena, &config, e);
    if (r == 0)
        r = judge_world(&world, &config, c->arena, &judged, e);
    if (r < 0)
        return r;
    if (judged.cluster.objects == 0)
        return world_empty(&judged.cluster, judged.code, "of a kind that is judged", e);
    baseline_from(&baseline, c->arena, &judged.judgement, (enum severity)fail_on_severity(o->least),
                  false);
    r = out_write_all(&o->outputs, baseline_render, &baseline, e);
    if (r < 0)
        return r;
    struct buf line CLEANUP(buf_done);
    buf_init(&line, 1 << 12);
    buf_add_cstr(&line, "plimsoll: known from now on: ");
    baseline_add_summary(&baseline, &line);
    verb_say(&line);
    return judged.code;
}

static const struct verb_example examples[] = {
    {"Begin with what there is; check then fails only on what is new or has become worse:",
     "plimsoll baseline -f examples/black-friday/checkout.yaml", EXIT_CLEAN},
};

const struct verb verb_baseline = {
    .name = "baseline",
    .summary = "write down the findings of today, so that check fails only on new ones",
    .description =
        "Writes the findings of \"plimsoll check\" to a file for \"plimsoll check --baseline "
        "FILE\": those pass then, unless they become worse. Keep the file beside the manifests, and "
        "write it again when findings have been mended, so that they cannot come back.\n"
        "\n"
        "A finding is known by its rule, object, container and field path, not by its line or "
        "text. The order is that of the objects' names, and nothing else is in the file, so that it "
        "changes only where a finding comes or goes. What is suppressed is not in it.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
