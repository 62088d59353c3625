/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds and reads the configuration of the verbs that judge by rules.
 */
#include "cmd/check/check.h"
#include "source/text_file.h"

/* A configuration is written by hand; 1 MiB is far beyond any. */
enum { CONFIG_MAX_BYTES = 1 << 20 };
static const struct str config_name = {".plimsoll.yaml", sizeof(".plimsoll.yaml") - 1};

const struct option_spec judge_option_specs[JUDGE_OPTION_COUNT] = {
    {
        .name = "config",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "FILE",
        .help = "Rules to switch off, their severities and thresholds, and further names of "
                "sidecars.",
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
