/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what the verbs that judge by rules are told in files (configuration, baseline), and the world
 * that they judge.
 */
#include <unistd.h>

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
        .absent = ".plimsoll.yaml in the working directory or, in a git repository, in the nearest "
                  "folder above it, if there is one",
        .offset = offsetof(struct judge_options, config),
    },
};

/* As many levels up as anybody's folders are deep. */
enum { FOLDERS_UP = 64 };

static struct str path_above(struct arena *a, int levels, const char *name)
{
    struct buf path CLEANUP(buf_done);
    buf_init(&path, 4096);
    for (int i = 0; i < levels; i++)
        buf_add_cstr(&path, "../");
    buf_add_cstr(&path, name);
    return arena_str(a, buf_str(&path));
}

/* The configuration of the working directory or, in a git repository, of the nearest folder above it
 * that has one. Nothing outside of the repository is looked at: who may write to /tmp has no say. */
static struct str find_config(struct arena *a)
{
    int found = -1, levels = 0;
    for (; levels < FOLDERS_UP; levels++) {
        if (found < 0 && access(path_above(a, levels, config_name.p).p, F_OK) == 0)
            found = levels;
        if (access(path_above(a, levels, ".git").p, F_OK) == 0)
            return path_above(a, MAX(found, 0), config_name.p);
    }
    return config_name;
}

int config_load(const struct judge_options *o, struct arena *a, struct check_config *ret,
                struct err *e)
{
    struct str text, name = o->config.p ? o->config : find_config(a);
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
