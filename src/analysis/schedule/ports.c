/* SPDX-License-Identifier: Apache-2.0
 *
 * NodePorts, as upstream's plugins/nodeports/node_ports.go and HostPortInfo of kube-scheduler
 * framework/types.go. The used ports of a node are a set, as upstream: of two pods with the same
 * port on one node, the first to go frees it.
 */
#include "analysis/schedule/internal.h"

static void ports_of(struct schedule *s, const struct container *c, struct port_list *ret)
{
    for (size_t i = 0; i < c->ports.count; i++) {
        const struct container_port *p = &c->ports.items[i];
        if (p->host_port <= 0)
            continue;
        *PUSH(s->a, ret) = (struct port){
            .ip = name_of(s, p->host_ip.n ? p->host_ip : STR("0.0.0.0")),
            .protocol = name_of(s, p->protocol.n ? p->protocol : STR("TCP")),
            .port = (int32_t)p->host_port,
        };
    }
}

void ports_compile(struct schedule *s, const struct pod_spec *spec, struct port_list *ret)
{
    for (size_t i = 0; i < spec->init_containers.count; i++) {
        if (spec->init_containers.items[i].kind == CONTAINER_SIDECAR)
            ports_of(s, &spec->init_containers.items[i], ret);
    }
    for (size_t i = 0; i < spec->containers.count; i++)
        ports_of(s, &spec->containers.items[i], ret);
}

static bool port_same(const struct port *a, const struct port *b)
{
    return a->ip == b->ip && a->protocol == b->protocol && a->port == b->port;
}

void ports_add(struct arena *a, struct port_list *used, const struct port_list *add)
{
    for (size_t i = 0; i < add->count; i++) {
        bool found = false;
        for (size_t k = 0; k < used->count && !found; k++)
            found = port_same(&used->items[k], &add->items[i]);
        if (!found)
            *PUSH(a, used) = add->items[i];
    }
}

void ports_remove(struct port_list *used, const struct port_list *remove)
{
    for (size_t i = 0; i < remove->count; i++) {
        for (size_t k = 0; k < used->count; k++) {
            if (!port_same(&used->items[k], &remove->items[i]))
                continue;
            used->items[k] = used->items[--used->count];
            break;
        }
    }
}

bool ports_conflict(const struct schedule *s, const struct port_list *want,
                    const struct port_list *used)
{
    name_id any = name_find(s, STR("0.0.0.0"));
    for (size_t i = 0; i < want->count; i++) {
        for (size_t k = 0; k < used->count; k++) {
            const struct port *w = &want->items[i], *u = &used->items[k];
            if (w->port == u->port && w->protocol == u->protocol &&
                (w->ip == u->ip || w->ip == any || u->ip == any))
                return true;
        }
    }
    return false;
}
