/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at etcd where it runs as a static pod: a memory request of its own, a quota for its data that
 * somebody chose, and a disk that no log agent writes to.
 */
#include "rules/facts.h"

static const struct container *find_etcd(const struct workload *w)
{
    for (size_t i = 0; i < w->tmpl.spec.containers.count; i++)
        if (str_is(w->tmpl.spec.containers.items[i].name, "etcd"))
            return &w->tmpl.spec.containers.items[i];
    return NULL;
}

static bool has_quota(const struct container *k)
{
    struct str value;
    struct pos at;
    for (size_t i = 0; i < k->env.count; i++)
        if (str_is(k->env.items[i].name, "ETCD_QUOTA_BACKEND_BYTES"))
            return true;
    /* A file of options is not read. */
    return facts_option(k, "--quota-backend-bytes", &value, &at) ||
           facts_option(k, "--config-file", &value, &at);
}

/* The folder of the host that holds the data; absent if none is mounted there. */
static const struct volume *data_volume(const struct workload *w, const struct container *k)
{
    struct str dir = STR("/var/lib/etcd");
    struct pos at;
    facts_option(k, "--data-dir", &dir, &at);
    for (size_t i = 0; i < k->volume_mounts.count; i++) {
        const struct volume_mount *m = &k->volume_mounts.items[i];
        for (size_t v = 0; v < w->tmpl.spec.volumes.count; v++)
            if (w->tmpl.spec.volumes.items[v].type == VOLUME_HOST_PATH &&
                str_eq(w->tmpl.spec.volumes.items[v].name, m->name) && m->mount_path.n <= dir.n &&
                memcmp(m->mount_path.p, dir.p, m->mount_path.n) == 0)
                return &w->tmpl.spec.volumes.items[v];
    }
    return NULL;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    const struct container *k = facts_is_control_plane(w) ? find_etcd(w) : NULL;
    if (!k)
        return;
    if (!memory_request(&k->resources) && !memory_request(&w->tmpl.spec.resources))
        finding(c, AT(pos_or(k->resources.at, k->at), "spec.containers.resources.requests.memory"),
                "etcd requests no memory: pods may book the memory that it needs");
    if (!has_quota(k))
        finding(c, AT(pos_or(k->command_at, k->at), "spec.containers.command"),
                "--quota-backend-bytes is not set: at 2Gi of data, the default, etcd refuses "
                "every write until somebody compacts and clears the alarm");
    const struct volume *data = data_volume(w, k);
    const struct workload *agent = NULL;
    struct str path = data ? facts_log_path_beside(c->facts, data->target, &agent) : STR_NONE;
    if (path.p)
        finding(c, AT(data->at, "spec.volumes"),
                "its data in " STR_FMT " shares a disk with " STR_FMT " of " STR_FMT " " STR_FMT
                ", which writes logs: etcd waits for the disk, and leaders change",
                STR_ARG(data->target), STR_ARG(path), STR_ARG(agent->o.kind_text),
                STR_ARG(agent->o.name));
}

const struct rule rule_etcd_resources = {
    .id = "etcd-resources",
    .severity = SEV_WARNING,
    .title = "etcd has no memory or no disk of its own",
    .why =
        "an etcd that is short of memory or waits for its disk misses heartbeats: leaders change, "
        "the API server stalls, and nothing can be repaired",
    .fix = "set requests.memory (what it uses, and its quota fits in), --quota-backend-bytes, and "
           "give it a disk of its own",
    .see = "post-mortem 3",
    .workload = check,
};
