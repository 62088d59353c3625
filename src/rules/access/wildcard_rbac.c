/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags roles with wildcards over Kubernetes' own objects: everything that will ever exist is
 * included. A wildcard over one project's own group is its business.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct role *r)
{
    if (str_starts(r->o.name, "system:") || str_is(r->o.name, "cluster-admin"))
        return;
    for (size_t i = 0; i < r->rules.count; i++) {
        const struct rbac_rule *rule = &r->rules.items[i];
        bool verbs = list_has(&rule->verbs, "*"), resources = list_has(&rule->resources, "*");
        if ((!list_has(&rule->api_groups, "") && !list_has(&rule->api_groups, "*")) ||
            (!verbs && !resources))
            continue;
        finding(c, AT(rule->at, say(c, "rules[%zu]", i)), "it gives %s of %s%s",
                verbs ? "every verb" : "verbs",
                resources ? "every resource" : "some resources of the core group",
                r->o.kind == KIND_CLUSTER_ROLE ? ", in every namespace it is bound in" : "");
    }
}

const struct rule rule_wildcard_rbac = {
    .id = "wildcard-rbac",
    .severity = SEV_WARNING,
    .title = "A role gives everything",
    .why = "delete on Secrets, volumes and namespaces is in it too: one slip of a script is enough",
    .fix = "name the verbs and the resources that are used",
    .see = "post-mortem 2",
    .role = check,
};
