/* SPDX-License-Identifier: Apache-2.0
 *
 * Simulation in words: events, failures, and the assumptions that a report rests on.
 */
#include "base/text.h"
#include "output/simulate.h"
#include "output/table.h"

struct str duration_text(struct arena *a, int64_t ms)
{
    long long s = ms / 1000;
    int rest = (int)(ms % 1000);
    if (s < 60 && rest)
        return arena_printf(a, "%lld.%ds", s, rest / 100);
    if (s < 60)
        return arena_printf(a, "%llds", s);
    if (s < 3600)
        return s % 60 ? arena_printf(a, "%lldm%llds", s / 60, s % 60)
                      : arena_printf(a, "%lldm", s / 60);
    if (s % 3600 == 0)
        return arena_printf(a, "%lldh", s / 3600);
    if (s % 60 == 0)
        return arena_printf(a, "%lldh%lldm", s / 3600, s / 60 % 60);
    return arena_printf(a, "%lldh%lldm%llds", s / 3600, s / 60 % 60, s % 60);
}

const char *simulate_amount(struct arena *a, int64_t bytes)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64);
    text_add_measured(&text, bytes);
    return arena_str(a, buf_str(&text)).p;
}

static struct str pod_text(const struct simulate_results *r, const struct sim_event *e)
{
    const struct sim_world *w = r->report->world;
    if (e->pod == NO_INDEX32)
        return STR("");
    const struct sim_pod *p = &w->pods[e->pod];
    if (e->generation == 0)
        return arena_printf(r->arena, STR_FMT "/" STR_FMT, STR_ARG(p->pod->o.ns),
                            STR_ARG(p->pod->o.name));
    return arena_printf(r->arena, "new pod of " STR_FMT, STR_ARG(w->workloads[p->workload].name));
}

static struct str workload_text(const struct simulate_results *r, const struct sim_event *e)
{
    const struct sim_world *w = r->report->world;
    return w->workloads[w->pods[e->pod].workload].name;
}

static struct str node_text(const struct simulate_results *r, int32_t node)
{
    return node == NO_INDEX32 ? STR("") : r->report->world->nodes[node].node->o.name;
}

static struct str container_text(const struct simulate_results *r, const struct sim_event *e)
{
    return e->container == NO_INDEX32 ? STR("")
                                      : r->report->world->containers[e->container].container->name;
}

static struct str kill_text(const struct simulate_results *r, const struct sim_event *e)
{
    struct arena *a = r->arena;
    const char *bound = e->type == SIM_MEMCG_OOM      ? "its limit is"
                        : e->type == SIM_POD_OOM      ? "the pod's limit is"
                        : e->type == SIM_KUBEPODS_OOM ? "all pods together are limited to"
                                                      : "the node has";
    return arena_printf(
        a,
        "the kernel kills container " STR_FMT " of " STR_FMT " on " STR_FMT " (%s in use; %s %s)",
        STR_ARG(container_text(r, e)), STR_ARG(pod_text(r, e)), STR_ARG(node_text(r, e->node)),
        simulate_amount(a, e->bytes), bound, simulate_amount(a, e->of_bytes));
}

/* What happens to a node as a whole. */
static struct str node_event_text(const struct simulate_results *r, const struct sim_event *e)
{
    struct arena *a = r->arena;
    struct str node = node_text(r, e->node);
    switch (e->type) {
    case SIM_LOST:
        return arena_printf(a, STR_FMT " is lost with %lld pod%s", STR_ARG(node),
                            (long long)e->count, e->count == 1 ? "" : "s");
    case SIM_NOT_READY:
        return arena_printf(a, STR_FMT " becomes NotReady", STR_ARG(node));
    case SIM_TAINTED:
        return arena_printf(a, STR_FMT " is tainted unreachable:NoExecute", STR_ARG(node));
    case SIM_KUBELET_STOPPED:
        return arena_printf(a, "the kubelet of " STR_FMT " stops; its containers run on",
                            STR_ARG(node));
    case SIM_NODE_ASKED:
        return arena_printf(a, "the cluster autoscaler asks for " STR_FMT ", Ready in " STR_FMT,
                            STR_ARG(node), STR_ARG(duration_text(a, e->count)));
    case SIM_NODE_ADDED:
        return arena_printf(a, STR_FMT " joins and is Ready", STR_ARG(node));
    case SIM_BACK:
        return arena_printf(a, STR_FMT " is back: Ready, without taints", STR_ARG(node));
    case SIM_CORDONED:
        return arena_printf(a, STR_FMT " is cordoned", STR_ARG(node));
    case SIM_PRESSURE:
        return arena_printf(a, STR_FMT " is under MemoryPressure: %s available, threshold %s",
                            STR_ARG(node), simulate_amount(a, e->bytes),
                            simulate_amount(a, e->of_bytes));
    case SIM_PRESSURE_END:
        return arena_printf(a, STR_FMT " is no longer under MemoryPressure", STR_ARG(node));
    case SIM_NO_VICTIM:
        return arena_printf(a, STR_FMT " is short of memory and may evict nothing", STR_ARG(node));
    case SIM_THRASHED:
        return arena_printf(a, STR_FMT " thrashes and misses its lease: %s in use, threshold at %s",
                            STR_ARG(node), simulate_amount(a, e->bytes),
                            simulate_amount(a, e->of_bytes));
    case SIM_OOM_LOST:
        return arena_printf(a, STR_FMT " runs out of memory and loses its kubelet: %s in use of %s",
                            STR_ARG(node), simulate_amount(a, e->bytes),
                            simulate_amount(a, e->of_bytes));
    default:
        return STR("");
    }
}

struct str simulate_service_text(const struct simulate_results *r, uint32_t service)
{
    const struct sim_service *s = &r->report->world->services.items[service];
    const char *what = s->type == SERVICE_WEBHOOK ? "webhook"
                       : s->type == SERVICE_DNS   ? "CoreDNS,"
                                                  : "Prometheus,";
    return arena_printf(r->arena, "%s " STR_FMT, what, STR_ARG(s->name));
}

static struct str service_event_text(const struct simulate_results *r, const struct sim_event *e)
{
    static const char *const lost[] = {
        [SERVICE_WEBHOOK] = "has no ready pod any more: pods that it is asked about are refused",
        [SERVICE_DNS] = "has no ready pod any more: names are not resolved",
        [SERVICE_PROMETHEUS] = "has no ready pod any more: no metrics, no alerts",
    };
    struct arena *a = r->arena;
    struct str service = simulate_service_text(r, (uint32_t)e->count);
    if (e->type == SIM_SERVICE_LOST)
        return arena_printf(a, STR_FMT " %s", STR_ARG(service),
                            lost[r->report->world->services.items[e->count].type]);
    if (e->type == SIM_SERVICE_BACK)
        return arena_printf(a, STR_FMT " has a ready pod again", STR_ARG(service));
    return arena_printf(a, "a new pod of " STR_FMT " is refused: " STR_FMT " does not answer",
                        STR_ARG(workload_text(r, e)), STR_ARG(service));
}

/* What workload controllers do. */
static struct str controller_event_text(const struct simulate_results *r, const struct sim_event *e)
{
    struct arena *a = r->arena;
    struct str pod = pod_text(r, e), node = node_text(r, e->node);
    switch (e->type) {
    case SIM_DEPLOYED:
        return arena_printf(a, "a new version of " STR_FMT " is rolled out to %lld pods",
                            STR_ARG(workload_text(r, e)), (long long)e->count);
    case SIM_ROLLED_OUT:
        return arena_printf(a, "all %lld pods of " STR_FMT " are of the new version and ready",
                            (long long)e->count, STR_ARG(workload_text(r, e)));
    case SIM_SCALED:
        return arena_printf(a, "the HPA scales " STR_FMT " from %lld to %lld pods",
                            STR_ARG(workload_text(r, e)), (long long)e->bytes, (long long)e->count);
    case SIM_SCALED_DOWN:
        return arena_printf(a, STR_FMT "%s" STR_FMT " is deleted by its controller", STR_ARG(pod),
                            node.n ? " on " : "", STR_ARG(node));
    case SIM_ENDED:
        return arena_printf(a,
                            STR_FMT " on " STR_FMT " ends: it was deleted while its kubelet "
                                    "was away",
                            STR_ARG(pod), STR_ARG(node));
    case SIM_FAILED:
        return arena_printf(a, STR_FMT " on " STR_FMT " has failed: nothing starts it again",
                            STR_ARG(pod), STR_ARG(node));
    case SIM_SERVICE_LOST:
    case SIM_SERVICE_BACK:
    case SIM_REFUSED:
        return service_event_text(r, e);
    default:
        return node_event_text(r, e);
    }
}

struct str simulate_event_text(const struct simulate_results *r, const struct sim_event *e)
{
    struct arena *a = r->arena;
    struct str pod = pod_text(r, e), node = node_text(r, e->node);
    switch (e->type) {
    case SIM_DELETED:
        return arena_printf(a, STR_FMT " on " STR_FMT " is deleted", STR_ARG(pod), STR_ARG(node));
    case SIM_DRAINED:
        return arena_printf(a, STR_FMT " is evicted from " STR_FMT, STR_ARG(pod), STR_ARG(node));
    case SIM_PREEMPTED:
        return arena_printf(a, STR_FMT " on " STR_FMT " makes room for a pod of higher priority",
                            STR_ARG(pod), STR_ARG(node));
    case SIM_REPLACED:
        return arena_printf(a, STR_FMT " is made", STR_ARG(pod));
    case SIM_WAITS:
        return arena_printf(a, STR_FMT " stays Terminating on " STR_FMT "; its StatefulSet waits",
                            STR_ARG(pod), STR_ARG(node));
    case SIM_PLACED:
        return arena_printf(a, STR_FMT " goes to " STR_FMT " (requests %s)", STR_ARG(pod),
                            STR_ARG(node), simulate_amount(a, e->of_bytes));
    case SIM_PENDING:
        return arena_printf(a, STR_FMT " stays Pending (requests %s)", STR_ARG(pod),
                            simulate_amount(a, e->of_bytes));
    case SIM_STARTED:
        return arena_printf(a, STR_FMT " runs on " STR_FMT, STR_ARG(pod), STR_ARG(node));
    case SIM_MEMCG_OOM:
    case SIM_POD_OOM:
    case SIM_KUBEPODS_OOM:
    case SIM_GLOBAL_OOM:
        return kill_text(r, e);
    case SIM_RESTARTED:
        return arena_printf(
            a, "container " STR_FMT " of " STR_FMT " restarts on " STR_FMT " (%lld)",
            STR_ARG(container_text(r, e)), STR_ARG(pod), STR_ARG(node), (long long)e->count);
    case SIM_EVICTED:
        return arena_printf(a,
                            "the kubelet of " STR_FMT " evicts " STR_FMT
                            " (%s in use, %s requested; %s available)",
                            STR_ARG(node), STR_ARG(pod), simulate_amount(a, e->bytes),
                            simulate_amount(a, e->of_bytes), simulate_amount(a, e->count));
    case SIM_BLOCKED:
        return arena_printf(a, "the eviction of " STR_FMT " from " STR_FMT " is refused",
                            STR_ARG(pod), STR_ARG(node));
    case SIM_STORM:
        return arena_printf(
            a, STR_FMT " on " STR_FMT " has failed %lld times and goes on so: not followed further",
            STR_ARG(pod), STR_ARG(node), (long long)e->count);
    default:
        return controller_event_text(r, e);
    }
}

struct str simulate_settled_text(const struct simulate_results *r, const struct sim_outcome *o)
{
    if (o->storm)
        return STR("never");
    if (o->timed_out)
        return arena_printf(r->arena, ">" STR_FMT,
                            STR_ARG(duration_text(r->arena, r->report->world->options.until_ms)));
    return duration_text(r->arena, o->settled_ms);
}

/* What gave way first, for a column. */
struct str simulate_first_text(const struct simulate_results *r, const struct sim_outcome *o)
{
    const struct sim_event *e = &o->first;
    struct arena *a = r->arena;
    struct str pod = pod_text(r, e), node = node_text(r, e->node);
    switch (e->type) {
    case SIM_MEMCG_OOM:
        return arena_printf(a, STR_FMT " of " STR_FMT " at its limit",
                            STR_ARG(container_text(r, e)), STR_ARG(pod));
    case SIM_POD_OOM:
        return arena_printf(a, STR_FMT " at its limit", STR_ARG(pod));
    case SIM_KUBEPODS_OOM:
    case SIM_GLOBAL_OOM:
        return arena_printf(a, STR_FMT " out of memory, kills " STR_FMT, STR_ARG(node),
                            STR_ARG(pod));
    case SIM_PRESSURE:
        return arena_printf(a, STR_FMT " under MemoryPressure", STR_ARG(node));
    case SIM_THRASHED:
        return arena_printf(a, STR_FMT " thrashes", STR_ARG(node));
    case SIM_OOM_LOST:
        return arena_printf(a, STR_FMT " loses its kubelet", STR_ARG(node));
    default:
        return simulate_event_text(r, e);
    }
}

static const char *step_words(enum sim_event_type t)
{
    switch (t) {
    case SIM_EVICTED:
        return "evicted from";
    case SIM_POD_OOM:
        return "killed at the pod's limit on";
    case SIM_KUBEPODS_OOM:
        return "killed for want of memory of kubepods on";
    case SIM_GLOBAL_OOM:
        return "killed for want of memory on";
    default:
        return "killed at its limit on";
    }
}

/* ": evicted from a, evicted from b, again after 6m10s" */
static void add_cycle(const struct simulate_results *r, const struct sim_cycle *c, struct buf *b)
{
    for (size_t i = 0; i < c->step_count; i++) {
        const struct sim_cycle_step *x = &c->steps[i];
        buf_printf(b, "%s ", i ? "," : ":");
        if (c->step_count > 1 && x->container != NO_INDEX32)
            buf_printf(b, STR_FMT " ",
                       STR_ARG(r->report->world->containers[x->container].container->name));
        buf_printf(b, "%s " STR_FMT, step_words(x->type), STR_ARG(node_text(r, x->node)));
    }
    if (c->repeats)
        buf_printf(b, ", %s after " STR_FMT, c->step_count > 1 ? "and round again" : "again",
                   STR_ARG(duration_text(r->arena, c->period_ms)));
    else
        buf_printf(b, "; no round of it came twice in the %u failures followed", c->failures);
    if (c->pods > 1)
        buf_printf(b, " (%u pods fail so)", c->pods);
}

static struct str storm_text(const struct simulate_results *r, const struct sim_failure *f)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 4 * KIB);
    buf_printf(&text, STR_FMT " fails again and again",
               STR_ARG(r->report->world->workloads[f->subject].name));
    if (f->cycle)
        add_cycle(r, f->cycle, &text);
    return arena_str(r->arena, buf_str(&text));
}

struct str simulate_failure_text(const struct simulate_results *r, const struct sim_failure *f)
{
    const struct sim_world *w = r->report->world;
    struct arena *a = r->arena;
    if (f->way == WAY_NODE_LOST)
        return arena_printf(a, "node " STR_FMT " is lost too",
                            STR_ARG(node_text(r, (int32_t)f->subject)));
    struct str name = w->workloads[f->subject].name;
    const struct pdb *pdb = w->workloads[f->subject].pdb;
    if (f->way == WAY_STORM)
        return storm_text(r, f);
    if (f->way == WAY_ZERO)
        return arena_printf(a, STR_FMT " has no healthy pod left", STR_ARG(name));
    if (f->shared)
        return arena_printf(a,
                            "PDB " STR_FMT " demands %lld healthy pods of " STR_FMT
                            " and others together: there are %lld",
                            STR_ARG(f->shared->o.name), (long long)f->need, STR_ARG(name),
                            (long long)f->have);
    return arena_printf(a, STR_FMT " has %lld healthy pod%s of the %lld that its %s%.*s demands",
                        STR_ARG(name), (long long)f->have, f->have == 1 ? "" : "s",
                        (long long)f->need, pdb ? "PDB " : "replica count",
                        pdb ? (int)pdb->o.name.n : 0, pdb ? pdb->o.name.p : "");
}

/* ---- assumptions ---- */

static struct str usage_text(const struct simulate_results *r)
{
    const struct sim_world *w = r->report->world;
    const struct sim_usage_note *u = &w->usage;
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 1 * KIB);
    if (w->options.assume == SIM_REQUESTS) {
        buf_printf(&text, "every container uses what it requests; %zu request nothing", u->unknown);
    } else if (w->options.assume == SIM_LIMITS) {
        buf_printf(&text, "every container uses its limit; %zu have none: their request",
                   u->requested + u->unknown);
    } else if (u->measured == 0 && u->profiled == 0) {
        buf_add_cstr(&text, "how much memory containers use is not known");
    } else {
        if (u->profiled)
            buf_printf(&text, "%zu containers by a UsageProfile or Scenario%s", u->profiled,
                       u->measured ? "; else " : "");
        if (u->measured) {
            buf_add_cstr(&text, "PodMetrics, one sample, taken at ");
            text_add_time(&text, u->newest_ms);
        }
        if (u->oldest_ms != u->newest_ms) {
            buf_add_cstr(&text, ", the oldest at ");
            text_add_time(&text, u->oldest_ms);
        }
        if (u->siblings)
            buf_printf(&text, "; %zu containers without a sample: the mean of their workload",
                       u->siblings);
        if (u->requested + u->unknown)
            buf_printf(&text, "; %zu without any: what they request (%zu request nothing)",
                       u->requested + u->unknown, u->unknown);
    }
    return arena_str(r->arena, buf_str(&text));
}

static struct str percent(struct arena *a, int64_t permyriad)
{
    if (permyriad % 100)
        return arena_printf(a, "%.1f %%", (double)permyriad / 100);
    return arena_printf(a, "%lld %%", (long long)(permyriad / 100));
}

static struct str hpa_text(const struct simulate_results *r)
{
    const struct sim_world *w = r->report->world;
    if (w->options.hpa == HPA_OFF)
        return STR("no HorizontalPodAutoscaler reacts");
    if (w->hpas.count + w->hpas_unknown == 0)
        return STR("no HorizontalPodAutoscaler is in the input");
    return arena_printf(
        r->arena, "%zu HorizontalPodAutoscalers react%s, %zu look at what is not known here",
        w->hpas.count, w->options.hpa_cpu == HPA_CPU_LOAD ? " (CPU use follows load)" : "",
        w->hpas_unknown);
}

static struct str autoscaler_text(const struct simulate_results *r)
{
    const struct sim_world *w = r->report->world;
    if (w->groups.count == 0)
        return STR("no cluster autoscaler adds nodes");
    return arena_printf(r->arena,
                        "a cluster autoscaler adds up to %u nodes of %zu groups (the first Ready "
                        "after " STR_FMT ")",
                        w->planned_nodes, w->groups.count,
                        STR_ARG(duration_text(r->arena, w->groups.items[0].ready_after_ms)));
}

static struct str not_modelled_text(const struct simulate_results *r)
{
    const struct sim_world *w = r->report->world;
    struct arena *a = r->arena;
    struct str text = STR("a lost node's Node object stays; load on the API server and etcd, probe "
                          "storms and the taking away of idle nodes are not modelled");
    if (w->webhooks_unknown)
        text = arena_printf(a,
                            STR_FMT "; %zu webhooks that fail closed have no pod in the input "
                                    "and are taken to answer",
                            STR_ARG(text), w->webhooks_unknown);
    if (w->webhooks_conditional)
        text = arena_printf(a, STR_FMT "; the matchConditions of %zu webhooks count as met",
                            STR_ARG(text), w->webhooks_conditional);
    return text;
}

/* What the question itself assumes: how fast a leak is, how far a surge goes, whose scenario. */
static size_t question_assumptions(const struct simulate_results *r,
                                   struct simulate_assumption *ret)
{
    const struct sim_report *p = r->report;
    const struct sim_world *w = p->world;
    struct arena *a = r->arena;
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct contingency *c = p->items[i].contingency;
        if (c->type == CONTINGENCY_LEAK) {
            ret[n++] = (struct simulate_assumption){
                "leak",
                arena_printf(a, "a leak: the largest container of each pod grows %s a minute",
                             simulate_amount(a, c->leak.bytes_per_minute)),
                "--leak, --leaks"};
            break;
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct contingency *c = p->items[i].contingency;
        if (c->type == CONTINGENCY_SURGE) {
            ret[n++] = (struct simulate_assumption){
                "surges",
                arena_printf(a, "a surge: the load of the workload becomes %.2f times what it is",
                             (double)c->surge.permyriad / FACTOR_ONE),
                "--surges"};
            break;
        }
    }
    if (w->leaks.count)
        ret[n++] = (struct simulate_assumption){
            "leaking",
            arena_printf(
                a, "%zu workload%s leak%s in every contingency (first: " STR_FMT ", %s a minute)",
                w->leaks.count, w->leaks.count == 1 ? "" : "s", w->leaks.count == 1 ? "s" : "",
                STR_ARG(w->workloads[w->leaks.items[0].workload].name),
                simulate_amount(a, w->leaks.items[0].bytes_per_minute)),
            "--leak"};
    size_t claiming = 0;
    for (uint32_t i = 0; i < w->pod_count; i++)
        claiming += w->pods[i].pod->spec.resource_claims.count > 0;
    if (claiming)
        ret[n++] = (struct simulate_assumption){
            "devices",
            arena_printf(a,
                         "%zu pod%s claim%s devices (resourceClaims): placed as if every node had "
                         "them free, which is not judged",
                         claiming, claiming == 1 ? "" : "s", claiming == 1 ? "s" : ""),
            NULL};
    if (w->options.scenario)
        ret[n++] = (struct simulate_assumption){
            "scenario",
            arena_printf(
                a, "usage, assumptions and events of Scenario " STR_FMT " stand over the options",
                STR_ARG(w->options.scenario->o.name)),
            "--scenario"};
    return n;
}

size_t simulate_assumptions(const struct simulate_results *r,
                            struct simulate_assumption ret[ASSUMPTIONS_MAX])
{
    const struct sim_options *o = &r->report->world->options;
    struct arena *a = r->arena;
    size_t n = 0;
    ret[n++] = (struct simulate_assumption){"usage", usage_text(r), "--assume=requests|limits"};
    ret[n++] = (struct simulate_assumption){
        "nodeOom",
        o->node_oom == NODE_OOM_KILL
            ? STR("a node without memory: the kernel kills by badness, the kubelet lives")
            : STR("a node without memory loses its kubelet, and with it is lost"),
        "--node-oom=kill|lost"};
    ret[n++] = (struct simulate_assumption){
        "nodePressure",
        o->node_pressure == NODE_PRESSURE_EVICT
            ? STR("below evictionHard: the kubelet evicts at its next poll")
            : STR("below evictionHard: the node thrashes, misses its lease and is lost"),
        "--node-pressure=evict|thrash"};
    ret[n++] = (struct simulate_assumption){
        "unaccounted",
        arena_printf(a, STR_FMT " of a node's memory is in use and not seen by the kubelet",
                     STR_ARG(percent(a, o->unaccounted_permyriad))),
        "--unaccounted"};
    ret[n++] = (struct simulate_assumption){
        "elastic",
        arena_printf(a, STR_FMT " of usage follows load; load is %.2f times that of the sample",
                     STR_ARG(percent(a, o->elastic_permyriad)),
                     (double)o->surge_permyriad / FACTOR_ONE),
        "--elastic, --surge"};
    ret[n++] = (struct simulate_assumption){
        "start",
        arena_printf(
            a, "a new pod runs after " STR_FMT " and uses its full memory after " STR_FMT " more",
            STR_ARG(duration_text(a, o->start_ms)), STR_ARG(duration_text(a, o->warm_ms))),
        "--start-up, --warm-up"};
    ret[n++] = (struct simulate_assumption){
        "until",
        arena_printf(a, "a run ends after " STR_FMT, STR_ARG(duration_text(a, o->until_ms))),
        "--until"};
    ret[n++] = (struct simulate_assumption){"hpa", hpa_text(r), "--hpa=react|off, --hpa-cpu"};
    ret[n++] =
        (struct simulate_assumption){"clusterAutoscaler", autoscaler_text(r), "--node-group"};
    n += question_assumptions(r, ret + n);
    ret[n++] = (struct simulate_assumption){"notModelled", not_modelled_text(r), NULL};
    return n;
}
