/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares pods with the templates that they may have been made of: the present one, the one that a
 * file replaces, and the ReplicaSet's.
 */
#include "model/injected.h"

static bool template_has(const struct pod_template *t, struct str name)
{
    for (size_t i = 0; i < t->spec.containers.count; i++)
        if (str_eq(t->spec.containers.items[i].name, name))
            return true;
    for (size_t i = 0; i < t->spec.init_containers.count; i++)
        if (str_eq(t->spec.init_containers.items[i].name, name))
            return true;
    return false;
}

const struct pod *workload_newest_pod(const struct workload *w)
{
    const struct pod *newest = NULL;
    for (size_t i = 0; i < w->pods.count; i++) {
        const struct pod *p = w->pods.items[i];
        if (!p->o.deleted_ms && !pod_is_finished(p) &&
            (!newest || p->o.created_ms > newest->o.created_ms))
            newest = p;
    }
    return newest;
}

bool container_is_injected(const struct workload *w, const struct pod *p, struct str name)
{
    /* A ReplicaSet keeps the template of its pods while its Deployment has moved on. */
    return !template_has(&w->tmpl, name) && !(w->was && template_has(&w->was->tmpl, name)) &&
           !(p->controller && template_has(&p->controller->tmpl, name));
}

const char *sidecar_annotations(struct str name)
{
    static const struct {
        const char *name, *annotations;
    } known[] = {
        {"daprd", "dapr.io/sidecar-memory-request and dapr.io/sidecar-memory-limit"},
        {"istio-proxy", "sidecar.istio.io/proxyMemory and sidecar.istio.io/proxyMemoryLimit"},
        {"linkerd-proxy",
         "config.linkerd.io/proxy-memory-request and config.linkerd.io/proxy-memory-limit"},
        {"vault-agent",
         "vault.hashicorp.com/agent-requests-mem and vault.hashicorp.com/agent-limits-mem"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_is(name, known[i].name))
            return known[i].annotations;
    return NULL;
}
