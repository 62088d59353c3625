/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of RBAC from the table of resources: one for each group, in the order of the table, `list`
 * alone; what is fetched by name with `get` of these names.
 */
#include "output/rights_role.h"

#include "base/json_write.h"
#include "base/text.h"

enum { MOST_RULES = 64 };

/* Which resources a role names. */
struct choice {
    const struct api_resource *items[MOST_RULES];
    size_t count;
    bool namespace; /* and Namespaces one at a time (-n) */
    bool kubelets;  /* and usage from the kubelets */
};

static void choose(struct choice *c, const struct api_resource *r)
{
    if (c->count < MOST_RULES)
        c->items[c->count++] = r;
}

/* ---- rules ---- */

static void add_rule(struct buf *b, const char *group, const char *verb)
{
    buf_printf(b, "- apiGroups: [%s]\n", group[0] ? group : "\"\"");
    buf_printf(b, "  verbs: [%s]\n", verb);
}

static bool is_first_of_group(const struct choice *c, size_t i)
{
    for (size_t n = 0; n < i; n++)
        if (!c->items[n]->in_namespace && str_is(str_of(c->items[n]->group), c->items[i]->group))
            return false;
    return !c->items[i]->in_namespace;
}

static void add_listed(struct buf *b, const struct choice *c, size_t first)
{
    const char *group = c->items[first]->group;
    size_t column = 0;
    add_rule(b, group, "list");
    for (size_t i = first; i < c->count; i++) {
        const struct api_resource *r = c->items[i];
        if (r->in_namespace || !str_is(str_of(r->group), group))
            continue;
        bool breaks = column > 0 && column + strlen(r->resource) > 96;
        buf_printf(b, "%s%s",
                   column == 0 ? "  resources: ["
                   : breaks    ? ",\n    "
                               : ", ",
                   r->resource);
        column = (column == 0 || breaks ? 14 : column + 2) + strlen(r->resource);
    }
    buf_add_cstr(b, "]\n");
}

static void add_named(struct buf *b, const struct choice *c)
{
    const char *before = "";
    for (size_t i = 0; i < c->count; i++) {
        if (!c->items[i]->in_namespace)
            continue;
        if (!before[0]) {
            add_rule(b, "", "get");
            buf_add_cstr(b, "  resources: [configmaps]\n  resourceNames: [");
        }
        for (size_t n = 0; c->items[i]->names[n]; n++) {
            buf_printf(b, "%s%s", before, c->items[i]->names[n]);
            before = ", ";
        }
    }
    if (before[0])
        buf_add_cstr(b, "]\n");
}

static void add_rules(struct buf *b, const struct choice *c)
{
    buf_add_cstr(b, "rules:\n");
    for (size_t i = 0; i < c->count; i++)
        if (is_first_of_group(c, i))
            add_listed(b, c, i);
    if (c->namespace) {
        add_rule(b, "", "get");
        buf_add_cstr(b, "  resources: [namespaces]\n");
    }
    add_named(b, c);
    if (!c->kubelets)
        return;
    buf_add_cstr(b, "# Usage from the kubelets themselves, where there is no metrics.k8s.io.\n");
    add_rule(b, "", "get");
    buf_add_cstr(b, "  resources: [nodes/stats]\n");
}

static void add_head(struct buf *b, const char *kind, struct str name, struct str ns)
{
    buf_printf(b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: ",
               str_is(str_of(kind), "ServiceAccount") ? "v1" : "rbac.authorization.k8s.io/v1",
               kind);
    text_add_clean(b, name);
    if (ns.n) {
        buf_add_cstr(b, "\n  namespace: ");
        text_add_clean(b, ns);
    }
    buf_add_char(b, '\n');
}

/* ---- bindings ---- */

static void add_role_ref(struct buf *b, bool cluster, struct str role)
{
    buf_printf(b,
               "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: %s\n  name: " STR_FMT
               "\nsubjects:\n",
               cluster ? "ClusterRole" : "Role", STR_ARG(role));
}

static void add_subject(struct buf *b, struct str user)
{
    struct str rest, prefix = STR("system:serviceaccount:");
    if (str_starts(user, "system:serviceaccount:")) {
        struct str ns = str_cut(str_sub(user, prefix.n, user.n), ':', &rest);
        buf_add_cstr(b, "- kind: ServiceAccount\n  name: ");
        json_add_quoted(b, rest);
        buf_add_cstr(b, "\n  namespace: ");
        json_add_quoted(b, ns);
        buf_add_char(b, '\n');
        return;
    }
    buf_add_cstr(b, "- kind: User\n  apiGroup: rbac.authorization.k8s.io\n  name: ");
    json_add_quoted(b, user.n ? user : STR("the user's name"));
    buf_add_char(b, '\n');
}

static void add_missing(struct buf *b, const struct rights *r, const struct choice *c,
                        struct str ns)
{
    struct str name = STR("plimsoll-missing");
    if (c->count == 0 && !c->namespace)
        return;
    buf_add_cstr(b, "---\n");
    add_head(b, ns.n ? "Role" : "ClusterRole", name, ns);
    add_rules(b, c);
    buf_add_cstr(b, "---\n");
    add_head(b, ns.n ? "RoleBinding" : "ClusterRoleBinding", name, ns);
    add_role_ref(b, !ns.n, name);
    add_subject(b, r->user);
}

/* What is read by name lies in kube-system: a Role there is enough. */
void rights_add_missing_roles(const struct rights_results *r, struct buf *b)
{
    struct choice cluster = {.count = 0}, ns = {.count = 0}, system = {.count = 0};
    for (size_t i = 0; i < r->rights->count; i++) {
        const struct right *x = &r->rights->items[i];
        if (!rights_misses(x, r->uses))
            continue;
        if (x->resource->kind == KIND_NAMESPACE && r->rights->ns.n) {
            ns.namespace = true;
            continue;
        }
        choose(x->resource->in_namespace                    ? &system
               : x->resource->namespaced && r->rights->ns.n ? &ns
                                                            : &cluster,
               x->resource);
    }
    add_missing(b, r->rights, &cluster, STR_NONE);
    add_missing(b, r->rights, &ns, r->rights->ns);
    add_missing(b, r->rights, &system, STR("kube-system"));
}

void rights_add_whole_role(unsigned uses, struct buf *b)
{
    struct choice cluster = {.namespace = true, .kubelets = true}, system = {.count = 0};
    struct str name = STR("plimsoll"), ns = STR("plimsoll"), in = STR("kube-system");
    for (size_t i = 0; i < api_resource_count; i++)
        if (api_resources[i].uses & uses)
            choose(api_resources[i].in_namespace ? &system : &cluster, &api_resources[i]);
    buf_add_cstr(b, "# What plimsoll reads of a cluster: it changes nothing, reads no Secret, and "
                    "needs no nodes/proxy.\n");
    buf_add_cstr(b, "# Made by \"plimsoll can-i --role\".\napiVersion: v1\nkind: Namespace\n"
                    "metadata:\n  name: plimsoll\n---\n");
    add_head(b, "ServiceAccount", name, ns);
    buf_add_cstr(b, "---\n");
    add_head(b, "ClusterRole", name, STR_NONE);
    add_rules(b, &cluster);
    buf_add_cstr(b, "---\n");
    add_head(b, "ClusterRoleBinding", name, STR_NONE);
    add_role_ref(b, true, name);
    add_subject(b, STR("system:serviceaccount:plimsoll:plimsoll"));
    if (system.count == 0)
        return;
    buf_add_cstr(b, "---\n# Settings of kubelets, kube-proxy and Cilium.\n");
    add_head(b, "Role", name, in);
    add_rules(b, &system);
    buf_add_cstr(b, "---\n");
    add_head(b, "RoleBinding", name, in);
    add_role_ref(b, false, name);
    add_subject(b, STR("system:serviceaccount:plimsoll:plimsoll"));
}
