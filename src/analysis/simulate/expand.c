/* SPDX-License-Identifier: Apache-2.0
 *
 * A world of manifests has workloads but no pods: here are the pods that their controllers would
 * make, still to be placed.
 */
#include "analysis/schedule/claims.h"
#include "analysis/schedule/schedule.h"
#include "analysis/simulate/internal.h"

static void add_pod(struct arena *a, struct cluster *c, struct workload *w, uint32_t i,
                    struct node *node)
{
    struct pod *p = arena_new(a, struct pod);
    p->o = w->o;
    p->o.kind = KIND_POD;
    p->o.kind_text = STR("Pod");
    p->o.uid = STR_NONE;
    p->o.name = arena_printf(a, STR_FMT "-%u", STR_ARG(w->o.name), i);
    p->o.labels = w->tmpl.labels;
    p->o.annotations = w->tmpl.annotations;
    memset(&p->o.owners, 0, sizeof(p->o.owners));
    p->spec = w->tmpl.spec;
    pod_add_claims(a, c, w, i, p);
    p->owner = p->controller = w;
    p->node = node;
    if (node) {
        p->spec.node_name.v = node->o.name;
        *PUSH(a, &node->pods) = p;
    }
    *PUSH(a, &w->pods) = p;
    *PUSH(a, &c->pods) = p;
}

/* As pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod: node selector, affinity and
 * taints decide, not resources. It adds tolerations for every condition of the node. */
static bool daemon_goes_to(const struct workload *w, const struct node *n)
{
    const struct labels *want = &w->tmpl.spec.node_selector;
    for (size_t i = 0; i < want->count; i++) {
        const struct label *have = labels_find(&n->o.labels, want->items[i].key);
        if (!have || !str_eq(have->value, want->items[i].value))
            return false;
    }
    for (size_t i = 0; i < n->taints.count; i++) {
        const struct taint *t = &n->taints.items[i];
        bool ours = str_starts(t->key, "node.kubernetes.io/"), tolerated = false;
        for (size_t k = 0; k < w->tmpl.spec.tolerations.count; k++) {
            const struct toleration *x = &w->tmpl.spec.tolerations.items[k];
            tolerated = tolerated || x->key.n == 0 || str_eq(x->key, t->key);
        }
        if (!ours && !tolerated && !str_is(t->effect, "PreferNoSchedule"))
            return false;
    }
    return true;
}

static uint32_t expand_workload(struct arena *a, struct cluster *c, struct workload *w)
{
    uint32_t made = 0;
    if (w->o.kind == KIND_DAEMON_SET) {
        for (size_t i = 0; i < c->nodes.count; i++)
            if (daemon_goes_to(w, c->nodes.items[i]))
                add_pod(a, c, w, made++, c->nodes.items[i]);
        return made;
    }
    int64_t replicas = w->replicas.set ? w->replicas.v : 1;
    for (size_t i = 0; i < w->hpas.count; i++) /* which has raised it to its least */
        if (w->hpas.items[i]->min_replicas.set)
            replicas = MAX(replicas, w->hpas.items[i]->min_replicas.v);
    /* The API server takes no more than an int32; this world would be beyond any scheduler. */
    for (; made < MIN(replicas, 1000000); made++)
        add_pod(a, c, w, made, NULL);
    return made;
}

uint32_t sim_expand(struct arena *a, struct cluster *c)
{
    uint32_t made = 0;
    size_t count = c->workloads.count;
    for (size_t i = 0; i < count; i++) {
        struct workload *w = c->workloads.items[i];
        bool runs = w->o.kind == KIND_DEPLOYMENT || w->o.kind == KIND_STATEFUL_SET ||
                    w->o.kind == KIND_DAEMON_SET || w->o.kind == KIND_REPLICA_SET ||
                    w->o.kind == KIND_REPLICATION_CONTROLLER || w->o.kind == KIND_OTHER_WORKLOAD;
        if (runs && !w->pod && !w->owner && w->pods.count == 0)
            made += expand_workload(a, c, w);
    }
    return made;
}
