/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags kubelet configurations that leave eviction thresholds to chance: none at all (100Mi of memory
 * is then the last line), or some keys, which drops the defaults of the others.
 */
#include "rules/facts.h"

/* With the defaults that hold while evictionHard names none (pkg/kubelet/eviction/defaults_linux.go). */
static const struct {
    const char *name, *preset;
} signals[] = {
    {"memory.available", "100Mi"}, {"nodefs.available", "10%"},  {"nodefs.inodesFree", "5%"},
    {"imagefs.available", "15%"},  {"imagefs.inodesFree", "5%"},
};
/* What --fix=all writes where nothing is named: the default is passed between two looks of the
 * kubelet, and pods have so much less. */
static const char recommended_memory[] = "500Mi";

static void check(const struct rule_ctx *c, const struct kubelet_config *k)
{
    struct place where = AT(k->eviction_hard_at, "evictionHard");
    if (!k->eviction_hard_set || (k->eviction_hard.count == 0 && k->merge_default_eviction.v)) {
        finding(c, where,
                "no evictionHard: memory is reclaimed by eviction only below the default of 100Mi, "
                "which a busy node passes between two looks, 10 s apart");
        return;
    }
    /* As in cmd/kubelet/app/server.go loadConfigFile: a map that is there, empty or not, replaces the
     * whole map of defaults. */
    if (k->merge_default_eviction.v)
        return;
    if (k->eviction_hard.count == 0) {
        finding(c, where,
                "evictionHard is empty, which drops every default: the kubelet evicts for nothing "
                "any more, and memory is left to the kernel's OOM killer");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        if (!labels_find(&k->eviction_hard, str_of(signals[i].name))) {
            finding(c, where,
                    "evictionHard names other signals but not %s, which drops its default: nothing "
                    "is evicted for it any more",
                    signals[i].name);
            return;
        }
}

/* The defaults, written out. Where there is no evictionHard they hold already, so nothing changes for
 * the pods until somebody raises them: a threshold of ours takes memory away, and is not written
 * unasked. */
static void fix(const struct rule_ctx *c, struct finding *f)
{
    const struct kubelet_config *k = (const void *)c->object;
    if (!str_is(k->o.kind_text, "KubeletConfiguration")) {
        finding_unfixable(c, f, "the configuration is text inside a ConfigMap");
        return;
    }
    bool recommend = k->eviction_hard.count == 0 && c->facts->config->fix >= FIX_ALL;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        if (labels_find(&k->eviction_hard, str_of(signals[i].name)))
            continue;
        const char *value = recommend && i == 0 ? recommended_memory : signals[i].preset;
        finding_set(c, f, say(c, "evictionHard[\"%s\"]", signals[i].name), say(c, "\"%s\"", value));
    }
}

const struct rule rule_kubelet_eviction_hard = {
    .id = "kubelet-eviction-hard",
    .severity = SEV_WARNING,
    .title = "Eviction thresholds are missing",
    .why = "where the kubelet does not evict in time, the kernel kills, and chooses by other rules",
    .fix = "write all five: memory.available 500Mi, nodefs.available 10%, nodefs.inodesFree 5%, "
           "imagefs.available 15%, imagefs.inodesFree 5%",
    .see = "post-mortem 3",
    .kubelet = check,
    .fixer = fix,
    .fix_level = FIX_SAFE,
};
