/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what the verbs that judge by rules are told in files (configuration, baseline), and the world
 * that they judge.
 */
#include "base/text_file.h"
#include "cmd/check/check.h"
#include "model/api_resource.h"

/* A configuration is written by hand; 1 MiB is far beyond any. */
enum { CONFIG_MAX_BYTES = 1 << 20 };
/* 400 bytes a finding: 600,000 of them. */
enum { BASELINE_MAX_BYTES = 256 << 20 };
static const struct str config_name = {".plimsoll.yaml", sizeof(".plimsoll.yaml") - 1};

const struct option_spec judge_option_specs[JUDGE_OPTION_COUNT] = {
    {
        .name = "config",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "FILE",
        .help = "Rules to switch off, their severities, thresholds and scope, paths and namespaces "
                "to leave out, further names of sidecars.",
        .absent = ".plimsoll.yaml in the working directory, if there is one",
        .offset = offsetof(struct judge_options, config),
    },
};

int config_load(const struct judge_options *o, struct arena *a, struct check_config *ret,
                struct err *e)
{
    struct str text, name = o->config.p ? o->config : config_name;
    check_config_init(ret, a);
    int r = text_file_read(a, name, CONFIG_MAX_BYTES, &text, e);
    if (r == -ENOENT && !o->config.p)
        return 0;
    return r < 0 ? r : check_config_read(ret, a, name, text, e);
}

int judge_world(const struct world_options *o, const struct check_config *config, struct arena *a,
                struct judged *ret, struct err *e)
{
    struct world_options bounded = *o;
    bounded.exclude = &config->scope.exclude.paths;
    bounded.uses = USE_CHECK;
    int r = world_read(&bounded, a, &ret->cluster, &ret->code, e);
    if (r < 0)
        return r;
    struct check_config scoped = *config;
    scoped.ns = o->ns;
    judge(&ret->cluster, &scoped, a, &ret->judgement);
    return 0;
}

int baseline_use(struct str file, struct arena *a, struct judgement *j, struct baseline *ret,
                 struct err *e)
{
    struct str text;
    int r = text_file_read(a, file, BASELINE_MAX_BYTES, &text, e);
    if (r == 0)
        r = baseline_read(ret, a, file, text, e);
    if (r == 0)
        baseline_apply(ret, a, j, KNOWN_BASELINE);
    return r;
}
