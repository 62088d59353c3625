/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups nodes and kubelet configurations by what rules look at.
 */
#include "rules/groups.h"

#include "model/resources.h"

/* ---- what makes them alike ---- */

static void add_map(struct buf *b, const struct labels *l)
{
    for (size_t i = 0; i < l->count; i++)
        buf_printf(b, STR_FMT "=" STR_FMT ",", STR_ARG(l->items[i].key),
                   STR_ARG(l->items[i].value));
    buf_add_char(b, ';');
}

static void add_int(struct buf *b, const struct opt_int *v)
{
    buf_printf(b, "%d %lld;", v->set, (long long)v->v);
}

static void add_bool(struct buf *b, const struct opt_bool *v)
{
    buf_printf(b, "%d%d;", v->set, v->v);
}

static void add_text(struct buf *b, const struct opt_str *v)
{
    buf_printf(b, "%d" STR_FMT ";", v->v.p != NULL, STR_ARG(v->v));
}

static void add_kubelet(struct buf *b, const struct kubelet_config *k)
{
    const struct labels *maps[] = {
        &k->eviction_hard,   &k->eviction_soft, &k->eviction_soft_grace, &k->eviction_min_reclaim,
        &k->system_reserved, &k->kube_reserved, &k->feature_gates};
    const struct opt_bool *flags[] = {&k->merge_default_eviction, &k->single_process_oom_kill,
                                      &k->fail_swap_on, &k->fail_cgroup_v1};
    const struct opt_str *texts[] = {&k->swap_behavior, &k->memory_reservation_policy,
                                     &k->cgroup_driver, &k->memory_throttling_factor,
                                     &k->eviction_pressure_transition_period};
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        add_map(b, maps[i]);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        add_bool(b, flags[i]);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        add_text(b, texts[i]);
    add_int(b, &k->read_only_port);
    add_int(b, &k->max_pods);
    for (size_t i = 0; i < k->enforce_node_allocatable.count; i++)
        buf_printf(b, STR_FMT ",", STR_ARG(k->enforce_node_allocatable.items[i]));
    /* Suppressions are the object's own. */
    struct str ignore = labels_get(&k->o.annotations, "plimsoll.dev/ignore");
    buf_printf(b, "%d%d%d;" STR_FMT, k->eviction_hard_set, k->system_reserved_set,
               k->kube_reserved_set, STR_ARG(ignore));
}

static void add_node(struct buf *b, const struct node *n)
{
    struct str ignore = labels_get(&n->o.annotations, "plimsoll.dev/ignore");
    buf_printf(b, "%lld %lld " STR_FMT ";", (long long)resources_memory_bytes(&n->capacity),
               (long long)resources_memory_bytes(&n->allocatable), STR_ARG(ignore));
    if (n->kubelet)
        add_map(b, &n->kubelet->eviction_hard);
}

/* ---- groups ---- */

/* More than a hostile configuration may fill with; what is longer stands for itself. */
enum { LONGEST_SIGNATURE = 64 * 1024 };

static void signature_init(struct buf *b)
{
    buf_init(b, 16 * MIB);
}

static struct object_group *find(const struct map *m, const struct buf *b)
{
    struct str text = buf_str(b);
    return text.n > LONGEST_SIGNATURE ? NULL : map_get(m, text);
}

static void join(struct facts *f, struct map *m, const struct buf *b, const struct object *o,
                 struct str name)
{
    struct object_group *g = find(m, b);
    if (!g) {
        g = arena_new(f->a, struct object_group);
        g->first = o;
        if (buf_str(b).n <= LONGEST_SIGNATURE)
            map_put(m, arena_str(f->a, buf_str(b)), g);
    } else if (g->count <= ARRAY_LEN(g->others)) {
        g->others[g->count - 1] = name;
    }
    g->count++;
}

void groups_init(struct facts *f)
{
    struct buf b CLEANUP(buf_done);
    signature_init(&b);
    map_init(&f->node_groups);
    map_init(&f->kubelet_groups);
    for (size_t i = 0; i < f->cluster->nodes.count; i++) {
        const struct node *n = f->cluster->nodes.items[i];
        buf_clear(&b);
        add_node(&b, n);
        join(f, &f->node_groups, &b, &n->o, n->o.name);
    }
    for (size_t i = 0; i < f->cluster->kubelet_configs.count; i++) {
        const struct kubelet_config *k = f->cluster->kubelet_configs.items[i];
        buf_clear(&b);
        add_kubelet(&b, k);
        if (!str_empty(k->node))
            join(f, &f->kubelet_groups, &b, &k->o, k->node);
    }
}

const struct object_group *facts_node_group(const struct facts *f, const struct node *n)
{
    struct buf b CLEANUP(buf_done);
    signature_init(&b);
    add_node(&b, n);
    return find(&f->node_groups, &b);
}

const struct object_group *facts_kubelet_group(const struct facts *f,
                                               const struct kubelet_config *k)
{
    struct buf b CLEANUP(buf_done);
    signature_init(&b);
    /* A file is to be mended for itself, and each of them where that is asked for. */
    if (str_empty(k->node) || f->config->fix != FIX_NONE)
        return NULL;
    add_kubelet(&b, k);
    return find(&f->kubelet_groups, &b);
}

const char *say_group(struct arena *a, const struct object_group *g, const char *noun)
{
    if (!g || g->count < 2)
        return "";
    struct str names = STR("");
    size_t more = g->count - 1;
    for (size_t i = 0; i < MIN(more, ARRAY_LEN(g->others)); i++)
        names = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(names), i ? ", " : "",
                             STR_ARG(g->others[i]));
    return arena_printf(a, "; %zu more %s%s alike (" STR_FMT "%s)", more, noun,
                        more == 1 ? " is" : "s are", STR_ARG(names),
                        more > ARRAY_LEN(g->others) ? ", ..." : "")
        .p;
}
