/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags emptyDir volumes in memory without a size limit. What is written to them counts as memory of
 * the container that writes, and stays when that container is killed for it.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct workload *w)
{
    for (size_t i = 0; i < w->tmpl.spec.volumes.count; i++) {
        const struct volume *v = &w->tmpl.spec.volumes.items[i];
        if (v->type != VOLUME_EMPTY_DIR || !str_is(v->medium, "Memory") || v->size_limit.v.p)
            continue;
        finding(c, AT_POD(v->at, say(c, "volumes[%zu].emptyDir", i)),
                "volume \"" STR_FMT "\" is memory without a sizeLimit: files in it fill the "
                "container's memory limit, or the node",
                STR_ARG(v->name));
    }
}

const struct rule rule_memory_emptydir_unbounded = {
    .id = "memory-emptydir-unbounded",
    .severity = SEV_WARNING,
    .title = "A memory volume has no size limit",
    .why = "the files survive the restart of the container that was killed for them, so it is "
           "killed again at once; usage metrics show them as cache or not at all",
    .fix = "set emptyDir.sizeLimit, and add it to the memory limit of the container that writes",
    .workload = check,
};
