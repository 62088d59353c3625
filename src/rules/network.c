/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies and workloads by namespace, and who may still look up names.
 */
#include "rules/network.h"

/* ---- by namespace ---- */

/* Every policy is held against every workload of its namespace. No cluster comes near: the API server
 * and the network plug-in would not either. */
enum { MOST_PAIRS = 50000000 };

struct namespace_network *facts_network(const struct facts *f, struct str ns)
{
    struct namespace_network *n = map_get(&f->networks, ns);
    if (n && n->policies.count > MOST_PAIRS / (n->workloads.count + 1))
        n->other_policies = true;
    return n;
}

static struct namespace_network *network_of(struct facts *f, struct str ns)
{
    struct namespace_network *n = map_get(&f->networks, ns);
    if (!n) {
        n = arena_new(f->a, struct namespace_network);
        n->ns = ns;
        map_put(&f->networks, n->ns, n);
    }
    return n;
}

void networks_init(struct facts *f)
{
    const struct cluster *c = f->cluster;
    map_init(&f->networks);
    for (size_t i = 0; i < c->network_policies.count; i++) {
        struct namespace_network *n = network_of(f, c->network_policies.items[i]->o.ns);
        *PUSH(f->a, &n->policies) = c->network_policies.items[i];
    }
    for (size_t i = 0; i < c->cilium_policies.count; i++)
        network_of(f, c->cilium_policies.items[i]->o.ns)->other_policies = true;
    for (size_t i = 0; i < c->workloads.count; i++) {
        const struct workload *w = c->workloads.items[i];
        /* NetworkPolicies have no say over pods on the host's network. */
        if (w->judged && !facts_is_patch(w) && !w->tmpl.spec.host_network.v) {
            struct namespace_network *n = network_of(f, w->o.ns);
            *PUSH(f->a, &n->workloads) = w;
        }
    }
}

/* ---- policies ---- */

bool policy_isolates(const struct network_policy *p, enum policy_direction d)
{
    if (p->types.count > 0)
        return list_has(&p->types, d == POLICY_INGRESS ? "Ingress" : "Egress");
    /* As SetDefaults_NetworkPolicy: always ingress, egress where there are rules for it. */
    return d == POLICY_INGRESS || p->egress.count > 0;
}

static bool policy_selects_all(const struct network_policy *p)
{
    return p->pod_selector.match_labels.count == 0 && p->pod_selector.expressions.count == 0;
}

bool policy_selects(const struct network_policy *p, const struct labels *pod)
{
    return policy_selects_all(p) || selector_matches(&p->pod_selector, pod);
}

/* ---- names ---- */

/* Ports by name are those of the DNS pods; CoreDNS calls them dns and dns-tcp. */
static bool is_dns_port(const struct policy_port *p)
{
    if (p->port.type == IOS_ABSENT)
        return true;
    if (p->port.type == IOS_STRING)
        return str_find(p->port.s, "dns") >= 0;
    return p->port.i == 53 || (p->end_port.set && p->port.i < 53 && p->end_port.v >= 53) ||
           /* where DNS pods listen on some distributions */
           p->port.i == 5353 || p->port.i == 8053 || p->port.i == 1053;
}

/* A peer that may be the cluster's DNS: pods of kube-system, or addresses (which may be its). */
static bool may_be_dns(const struct policy_peer *p, struct str ns)
{
    struct label is[] = {{.key = STR("kubernetes.io/metadata.name"), .value = STR("kube-system")},
                         {.key = STR("name"), .value = STR("kube-system")}};
    struct labels system = {.items = is, .count = ARRAY_LEN(is)};
    if (!str_empty(p->cidr))
        return true;
    if (!p->namespaces.present)
        return facts_is_system_namespace(ns);
    return selector_matches(&p->namespaces, &system);
}

static bool reaches_dns(const struct policy_rule *r, struct str ns)
{
    for (size_t i = 0; i < r->peers.count; i++)
        if (may_be_dns(&r->peers.items[i], ns))
            return true;
    return r->peers.count == 0;
}

/* A rule that names the port is taken at its word, whatever it says of peers. */
static bool allows_dns(const struct policy_rule *r, struct str ns, bool *ret_tcp)
{
    bool udp = false;
    if (r->ports.count == 0)
        return reaches_dns(r, ns);
    for (size_t i = 0; i < r->ports.count; i++) {
        const struct policy_port *p = &r->ports.items[i];
        if (!is_dns_port(p) || (p->port.type == IOS_ABSENT && !reaches_dns(r, ns)))
            continue;
        udp = udp || str_is(p->protocol, "UDP");
        *ret_tcp = *ret_tcp || !str_is(p->protocol, "UDP");
    }
    return udp;
}

struct egress {
    ptrdiff_t first; /* index of the first policy with a say; -1 if none has */
    bool everyone;   /* one of them selects all pods */
    bool anything, dns, tcp;
};

static struct egress egress_of(const struct namespace_network *n, const struct labels *pod)
{
    struct egress e = {.first = -1};
    for (size_t i = 0; i < n->policies.count; i++) {
        const struct network_policy *p = n->policies.items[i];
        if (!policy_isolates(p, POLICY_EGRESS) || !policy_selects(p, pod))
            continue;
        e.first = e.first < 0 ? (ptrdiff_t)i : e.first;
        e.everyone = e.everyone || policy_selects_all(p);
        for (size_t r = 0; r < p->egress.count; r++) {
            e.anything = true;
            e.dns = allows_dns(&p->egress.items[r], n->ns, &e.tcp) || e.dns;
        }
    }
    return e;
}

/* Pods that are picked out to send nothing at all (a database) need no names. */
static bool misses_dns(const struct egress *e)
{
    return e->first >= 0 && !e->dns && (e->anything || e->everyone);
}

static void blame(struct namespace_network *n, const struct egress *e, const struct workload *w)
{
    struct dns_block *b = &n->dns[e->first];
    b->total = b->blocks ? b->total && !e->anything : !e->anything;
    b->tcp_only = b->tcp_only || e->tcp;
    b->blocks = true;
    b->first = b->first ? b->first : w;
    b->workloads += w != NULL;
}

static bool any_opens_dns(const struct namespace_network *n)
{
    bool tcp = false;
    for (size_t i = 0; i < n->policies.count; i++)
        for (size_t r = 0; r < n->policies.items[i]->egress.count; r++)
            if (policy_isolates(n->policies.items[i], POLICY_EGRESS) &&
                allows_dns(&n->policies.items[i]->egress.items[r], n->ns, &tcp))
                return true;
    return false;
}

static void judge_names(const struct facts *f, struct namespace_network *n)
{
    n->judged = true;
    n->dns = arena_array(f->a, struct dns_block, n->policies.count);
    for (size_t i = 0; i < n->workloads.count; i++) {
        struct egress e = egress_of(n, &n->workloads.items[i]->tmpl.labels);
        if (misses_dns(&e))
            blame(n, &e, n->workloads.items[i]);
    }
    if (n->workloads.count > 0)
        return;
    /* Without workloads each policy stands for the pods that it selects by labels; to which pods
     * others open DNS is unknown, so one that selects all is not blamed. */
    bool opened = any_opens_dns(n);
    for (size_t i = 0; i < n->policies.count; i++) {
        const struct network_policy *p = n->policies.items[i];
        struct egress e = egress_of(n, &p->pod_selector.match_labels);
        if (misses_dns(&e) && e.first == (ptrdiff_t)i && !(opened && policy_selects_all(p)))
            blame(n, &e, NULL);
    }
}

const struct dns_block *facts_dns_block(const struct rule_ctx *c, const struct network_policy *p)
{
    struct namespace_network *n = facts_network(c->facts, p->o.ns);
    if (!n || n->other_policies)
        return NULL;
    if (!n->judged)
        judge_names(c->facts, n);
    for (size_t i = 0; i < n->policies.count; i++)
        if (n->policies.items[i] == p)
            return n->dns[i].blocks ? &n->dns[i] : NULL;
    return NULL;
}
