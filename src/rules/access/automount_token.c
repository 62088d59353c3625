/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at pods that mount a token of the API server although nothing gives their account a right:
 * the token is of no use to them. Of an account by name this can be said where bindings would be
 * seen: the input is the whole cluster, or holds the ServiceAccount. The default account, which all
 * pods share that name none (most of those there are), is an info until somebody binds a role to it.
 */
#include "rules/facts.h"

static bool mounts(const struct rule_ctx *c, const struct workload *w, struct str account)
{
    if (w->tmpl.spec.automount_token.set)
        return w->tmpl.spec.automount_token.v;
    const struct object *o = cluster_find(c->cluster, KIND_SERVICE_ACCOUNT, w->o.ns, account);
    const struct service_account *a = (const void *)o;
    return !a || !a->automount_token.set || a->automount_token.v;
}

static void check(const struct rule_ctx *c, const struct workload *w)
{
    struct str account = w->tmpl.spec.service_account_name.v;
    bool shared = str_empty(account) || str_is(account, "default");
    if (shared)
        account = STR("default");
    if (facts_is_control_plane(w) || !mounts(c, w, account))
        return;
    const struct role_binding *b = facts_binding_of(c->facts, w->o.ns, account);
    struct place where =
        AT_POD(pos_or(w->tmpl.spec.automount_token.at, w->tmpl.spec.service_account_name.at),
               "automountServiceAccountToken");
    if (shared && b)
        finding(c, where,
                "its pods mount the token of the account default, which " STR_FMT " " STR_FMT
                " gives " STR_FMT ": every pod of the namespace that names no account has it",
                STR_ARG(b->o.kind_text), STR_ARG(b->o.name), STR_ARG(b->role_name));
    else if (shared)
        finding_as(c, SEV_INFO, where,
                   "its pods mount the token of the account default: they have what anybody ever "
                   "binds to it");
    else if (!b && (c->cluster->complete ||
                    cluster_find(c->cluster, KIND_SERVICE_ACCOUNT, w->o.ns, account)))
        finding(c, where,
                "its pods mount the token of account " STR_FMT ", which no binding%s gives a right",
                STR_ARG(account), c->cluster->complete ? "" : " in the input");
}

static void fix(const struct rule_ctx *c, struct finding *f)
{
    finding_set_in_pod(c, f, "automountServiceAccountToken", "false");
}

const struct rule rule_automount_token = {
    .id = "automount-token",
    .severity = SEV_WARNING,
    .title = "A pod carries a token that it does not need",
    .why = "who gets into the pod, or a script that runs in it, speaks to the API server with it",
    .fix =
        "set automountServiceAccountToken: false; give a pod that needs the API an account of its "
        "own, with a Role that names what it does",
    .see = "post-mortem 2",
    .reads = KIND_BIT(SERVICE_ACCOUNT) | KIND_BIT(ROLE_BINDING) | KIND_BIT(CLUSTER_ROLE_BINDING),
    .workload = check,
    .fixer = fix,
    .fix_level = FIX_ALL,
};
