/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags roles with wildcards over Kubernetes' own objects: everything that will ever exist is
 * included. A wildcard over one project's own group is its business.
 */
#include "rules/facts.h"

/* The core group, apps, batch and the like, rbac.authorization.k8s.io; or all groups. Metrics can only
 * be read. */
static const struct str *own_group_of_kubernetes(const struct rbac_rule *rule)
{
    for (size_t i = 0; i < rule->api_groups.count; i++) {
        struct str group = rule->api_groups.items[i];
        if (str_find_char(group, '.') < 0 ||
            (str_ends(group, ".k8s.io") && !str_ends(group, "metrics.k8s.io")))
            return &rule->api_groups.items[i];
    }
    return NULL;
}

static void check(const struct rule_ctx *c, const struct role *r)
{
    if (str_starts(r->o.name, "system:") || str_is(r->o.name, "cluster-admin"))
        return;
    for (size_t i = 0; i < r->rules.count; i++) {
        const struct rbac_rule *rule = &r->rules.items[i];
        const struct str *group = own_group_of_kubernetes(rule);
        bool verbs = list_has(&rule->verbs, "*"), resources = list_has(&rule->resources, "*");
        if (!group || rule->resources.count == 0 || (!verbs && !resources))
            continue;
        const char *of = str_empty(*group) || str_is(*group, "*")
                             ? ""
                             : say(c, " of group " STR_FMT, STR_ARG(*group));
        const char *what = say(c, STR_FMT "%s", STR_ARG(rule->resources.items[0]),
                               rule->resources.count > 1 ? " and others" : "");
        finding(c, AT(rule->at, say(c, "rules[%zu]", i)), "it gives %s of %s%s%s",
                verbs ? "every verb" : "verbs", resources ? "every resource" : what, of,
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
