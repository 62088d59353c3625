/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags roles that may delete what does not come back: volumes' claims, namespaces, Secrets.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct role *r)
{
    static const char *const lost[] = {"persistentvolumeclaims", "namespaces", "secrets"};
    if (str_starts(r->o.name, "system:") || facts_is_built_in_rbac(&r->o))
        return;
    for (size_t i = 0; i < r->rules.count; i++) {
        const struct rbac_rule *rule = &r->rules.items[i];
        bool many = list_has(&rule->verbs, "deletecollection");
        /* Named objects are no mass. */
        if ((!many && !list_has(&rule->verbs, "delete")) || rule->resource_names.count > 0 ||
            !list_has(&rule->api_groups, ""))
            continue;
        for (size_t n = 0; n < ARRAY_LEN(lost); n++)
            if (list_has(&rule->resources, lost[n])) {
                finding(c, AT(rule->at, say(c, "rules[%zu]", i)), "it may delete %s%s", lost[n],
                        many ? ", all at once" : "");
                break;
            }
    }
}

const struct rule rule_mass_delete = {
    .id = "mass-delete",
    .severity = SEV_WARNING,
    .title = "A role may delete what does not come back",
    .why = "an empty variable in a script deletes data; the flood of deletes slows etcd for all",
    .fix = "take delete and deletecollection out, or name the objects (resourceNames)",
    .see = "post-mortem 2",
    .role = check,
};
