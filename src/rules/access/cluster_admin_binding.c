/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags bindings to cluster-admin: each subject by itself. Kubernetes' own are left alone (groups
 * and users that begin with "system:", service accounts of kube-system). A RoleBinding gives the
 * same power within one namespace: a warning.
 */
#include "rules/facts.h"

static bool is_systems_own(const struct rbac_subject *s, struct str binding_ns)
{
    if (!str_is(s->kind, "ServiceAccount"))
        return str_starts(s->name, "system:") && !str_is(s->name, "system:authenticated") &&
               !str_is(s->name, "system:unauthenticated") && !str_is(s->name, "system:anonymous") &&
               !str_is(s->name, "system:serviceaccounts") &&
               !str_starts(s->name, "system:serviceaccounts:") &&
               !str_starts(s->name, "system:serviceaccount:");
    return str_is(str_empty(s->ns) ? binding_ns : s->ns, "kube-system");
}

static void check(const struct rule_ctx *c, const struct role_binding *b)
{
    if (!str_is(b->role_kind, "ClusterRole") || !str_is(b->role_name, "cluster-admin"))
        return;
    bool everywhere = b->o.kind == KIND_CLUSTER_ROLE_BINDING;
    for (size_t i = 0; i < b->subjects.count; i++) {
        const struct rbac_subject *s = &b->subjects.items[i];
        if (is_systems_own(s, b->o.ns))
            continue;
        bool account = str_is(s->kind, "ServiceAccount");
        struct str ns = account ? str_empty(s->ns) ? b->o.ns : s->ns : STR("");
        finding_as(c, everywhere ? SEV_ERROR : SEV_WARNING,
                   AT(pos_or(s->at, b->role_at), say(c, "subjects[%zu]", i)),
                   STR_FMT " " STR_FMT "%s" STR_FMT " is cluster-admin%s" STR_FMT
                           ": it may delete every object there is%s",
                   STR_ARG(s->kind), STR_ARG(ns), str_empty(ns) ? "" : "/", STR_ARG(s->name),
                   everywhere ? "" : " in namespace ", STR_ARG(everywhere ? STR("") : b->o.ns),
                   everywhere ? "" : " in it");
    }
}

const struct rule rule_cluster_admin_binding = {
    .id = "cluster-admin-binding",
    .severity = SEV_ERROR,
    .title = "Something other than Kubernetes itself is cluster-admin",
    .why = "one wrong line in a script, or one stolen token, deletes volumes, Secrets and "
           "namespaces; the flood of deletes then slows etcd for everyone",
    .fix = "bind a Role that names the verbs and resources it needs; keep cluster-admin for "
           "people, by a group, for emergencies",
    .see = "post-mortem 2",
    .role_binding = check,
};
