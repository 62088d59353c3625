/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts about what stands elsewhere in the cluster: pods behind a Service, rights of an account, log
 * agents, monitoring. Asked for by few objects, so they search.
 */
#include "rules/facts.h"

int64_t facts_pods_behind(const struct facts *f, const struct service *s,
                          const struct workload **ret_only)
{
    int64_t sum = 0;
    size_t found = 0;
    for (size_t i = 0; i < f->cluster->workloads.count; i++) {
        const struct workload *w = f->cluster->workloads.items[i];
        for (size_t n = 0; n < w->services.count; n++) {
            if (w->services.items[n] != s)
                continue;
            int64_t replicas = facts_replicas_min(w);
            /* A DaemonSet has as many as there are nodes. */
            sum += replicas < 0 ? 2 : replicas;
            found++;
            *ret_only = found == 1 ? w : NULL;
        }
    }
    return sum;
}

/* ---- what happened ---- */

static bool was_oom_killed(const struct container_status *s)
{
    return str_is(s->state.reason, "OOMKilled") || str_is(s->last_state.reason, "OOMKilled");
}

struct oom_killed facts_oom_killed(const struct workload *w, const struct container *k)
{
    struct oom_killed found = {0};
    for (size_t i = 0; i < w->pods.count; i++) {
        const struct pod *p = w->pods.items[i];
        const struct container_statuses *list =
            k->kind == CONTAINER_APP ? &p->status.containers : &p->status.init_containers;
        for (size_t n = 0; n < list->count; n++) {
            const struct container_status *s = &list->items[n];
            if (!str_eq(s->name, k->name) || !was_oom_killed(s))
                continue;
            found.pods++;
            if (found.status && s->restart_count <= found.status->restart_count)
                continue;
            found.pod = p;
            found.status = s;
        }
    }
    return found;
}

/* ---- namespaces ---- */

static struct namespace_ *unseen_namespace(struct arena *a, const struct object *workload)
{
    struct namespace_ *n = arena_new(a, struct namespace_);
    n->o = (struct object){
        .kind = KIND_NAMESPACE,
        .api_version = STR("v1"),
        .kind_text = STR("Namespace"),
        .name = workload->ns,
        .ns = STR(""),
        .ns_implied = true,
        .source = workload->source,
        .template_source = workload->template_source,
        .at = workload->at,
        .metadata_at = workload->metadata_at,
        .name_at = workload->name_at,
    };
    return n;
}

void facts_unseen_namespaces(const struct facts *f, struct namespace_list *ret)
{
    const struct cluster *c = f->cluster;
    struct map by_name;
    map_init(&by_name);
    *ret = (struct namespace_list){0};
    for (size_t i = 0; i < c->workloads.count; i++) {
        struct workload *w = c->workloads.items[i];
        if (!w->judged || facts_is_patch(w) || facts_is_system_namespace(w->o.ns) ||
            cluster_find_namespace(c, w->o.ns))
            continue;
        struct namespace_ *n = map_get(&by_name, w->o.ns);
        if (!n) {
            n = *PUSH(f->a, ret) = unseen_namespace(f->a, &w->o);
            (void)map_put(&by_name, w->o.ns, n);
        }
        n->o.ns_implied = n->o.ns_implied && w->o.ns_implied;
        *PUSH(f->a, &n->workloads) = w;
    }
    struct namespace_ *n;
    for (size_t i = 0; i < c->limit_ranges.count; i++)
        if ((n = map_get(&by_name, c->limit_ranges.items[i]->o.ns)))
            *PUSH(f->a, &n->limit_ranges) = c->limit_ranges.items[i];
    for (size_t i = 0; i < c->resource_quotas.count; i++)
        if ((n = map_get(&by_name, c->resource_quotas.items[i]->o.ns)))
            *PUSH(f->a, &n->quotas) = c->resource_quotas.items[i];
    map_done(&by_name);
}

/* ---- rights ---- */

enum { LONGEST_ACCOUNT = 512 }; /* namespace 63, name 253: with room to spare */

static struct str account_key(char text[LONGEST_ACCOUNT], struct str ns, struct str account)
{
    int n = snprintf(text, LONGEST_ACCOUNT, STR_FMT "/" STR_FMT, STR_ARG(ns), STR_ARG(account));
    return (struct str){text, (size_t)MIN(MAX(n, 0), LONGEST_ACCOUNT - 1)};
}

bool facts_is_built_in_rbac(const struct object *o)
{
    return str_is(labels_get(&o->labels, "kubernetes.io/bootstrapping"), "rbac-defaults");
}

/* Groups are entered under names that no account can have: a star in its place, or alone. */
static void add_subject(struct facts *f, struct role_binding *b, const struct rbac_subject *s)
{
    struct str prefix = STR("system:serviceaccounts:");
    char text[LONGEST_ACCOUNT];
    struct str key;
    if (str_is(s->kind, "ServiceAccount"))
        key = account_key(text, str_empty(s->ns) ? b->o.ns : s->ns, s->name);
    else if (str_is(s->kind, "Group") && str_is(s->name, "system:serviceaccounts"))
        key = STR("*");
    else if (str_is(s->kind, "Group") && str_starts(s->name, "system:serviceaccounts:"))
        key = account_key(text, str_sub(s->name, prefix.n, s->name.n), STR("*"));
    else
        return;
    if (!map_get(&f->bound, key))
        map_put(&f->bound, arena_str(f->a, key), b);
}

void bindings_init(struct facts *f)
{
    map_init(&f->bound);
    for (size_t i = 0; i < f->cluster->role_bindings.count; i++) {
        struct role_binding *b = f->cluster->role_bindings.items[i];
        /* All accounts may ask who issues tokens: no reason to carry one. */
        if (facts_is_built_in_rbac(&b->o))
            continue;
        for (size_t n = 0; n < b->subjects.count; n++)
            add_subject(f, b, &b->subjects.items[n]);
    }
}

const struct role_binding *facts_binding_of(const struct facts *f, struct str ns,
                                            struct str account)
{
    char text[LONGEST_ACCOUNT];
    const struct role_binding *b = map_get(&f->bound, account_key(text, ns, account));
    b = b ? b : map_get(&f->bound, account_key(text, ns, STR("*")));
    return b ? b : map_get(&f->bound, STR("*"));
}

/* ---- disks ---- */

static bool is_log_agent(const struct workload *w)
{
    static const char *const images[] = {"fluent-bit", "fluentd",   "filebeat",
                                         "promtail",   "vector",    "td-agent",
                                         "logstash",   "log-agent", "logging-agent"};
    for (size_t i = 0; i < w->tmpl.spec.containers.count; i++)
        for (size_t n = 0; n < ARRAY_LEN(images); n++)
            if (facts_image_is(&w->tmpl.spec.containers.items[i], images[n]) ||
                str_is(w->tmpl.spec.containers.items[i].name, images[n]))
                return true;
    return false;
}

static bool runs_on_control_plane(const struct workload *w)
{
    for (size_t i = 0; i < w->tmpl.spec.tolerations.count; i++) {
        const struct toleration *t = &w->tmpl.spec.tolerations.items[i];
        if ((str_is(t->op, "Exists") && str_empty(t->key)) ||
            str_is(t->key, "node-role.kubernetes.io/control-plane") ||
            str_is(t->key, "node-role.kubernetes.io/master"))
            return true;
    }
    return false;
}

/* Below one folder that is neither the root nor one under which disks of their own are mounted or
 * the system keeps everything. */
static bool on_one_disk(struct str a, struct str b)
{
    static const char *const apart[] = {"",     "/var", "/var/lib", "/var/log", "/mnt",
                                        "/opt", "/srv", "/media",   "/run",     "/etc"};
    size_t n = 0, parent = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n]) {
        if (a.p[n] == '/')
            parent = n;
        n++;
    }
    if ((n == a.n && (n == b.n || b.p[n] == '/')) || (n == b.n && a.p[n] == '/'))
        parent = n;
    struct str common = str_sub(a, 0, parent);
    for (size_t i = 0; i < ARRAY_LEN(apart); i++)
        if (str_is(common, apart[i]))
            return false;
    return true;
}

struct str facts_log_path_beside(const struct facts *f, struct str path,
                                 const struct workload **ret_agent)
{
    for (size_t i = 0; i < f->cluster->workloads.count; i++) {
        const struct workload *w = f->cluster->workloads.items[i];
        if (w->o.kind != KIND_DAEMON_SET || !is_log_agent(w) || !runs_on_control_plane(w))
            continue;
        for (size_t v = 0; v < w->tmpl.spec.volumes.count; v++) {
            const struct volume *volume = &w->tmpl.spec.volumes.items[v];
            if (volume->type == VOLUME_HOST_PATH && on_one_disk(volume->target, path)) {
                *ret_agent = w;
                return volume->target;
            }
        }
    }
    return STR_NONE;
}

/* ---- monitoring ---- */

bool facts_has_rule_files(const struct facts *f)
{
    for (size_t i = 0; i < f->cluster->config_maps.count; i++) {
        const struct labels *data = &f->cluster->config_maps.items[i]->data;
        for (size_t n = 0; n < data->count; n++) {
            struct str key = data->items[n].key;
            if ((str_find(key, "rules") >= 0 || str_find(key, "alert") >= 0) &&
                str_find(key, ".y") >= 0 && str_find(key, "alertmanager") < 0)
                return true;
        }
    }
    return false;
}
