/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run comes to: who fails in the state where it settled; names of events and the rules that
 * they follow.
 */
#include "analysis/simulate/internal.h"

static const struct {
    const char *name, *source, *rule;
} event_table[SIM_EVENT_TYPES] = {
    [SIM_LOST] = {"NodeLost", "contingency", "the node is gone with all that ran on it"},
    [SIM_NOT_READY] = {"NodeNotReady", "pkg/controller/nodelifecycle/node_lifecycle_controller.go",
                       "no heartbeat for nodeMonitorGracePeriod, 50 s: Ready Unknown, taint "
                       "unreachable:NoSchedule"},
    [SIM_TAINTED] = {"NodeTainted", "pkg/controller/nodelifecycle/node_lifecycle_controller.go",
                     "taint unreachable:NoExecute, one node per 10 s in each zone"},
    [SIM_DELETED] = {"PodDeleted", "pkg/controller/tainteviction/taint_eviction.go",
                     "its tolerationSeconds are over"},
    [SIM_REPLACED] = {"PodCreated", "pkg/controller (replicaset, statefulset, daemon, job)",
                      "its controller makes another pod at once"},
    [SIM_WAITS] =
        {"PodTerminating", "pkg/controller/statefulset/stateful_set_control.go",
         "no second pod of one name while the first may still run: it waits for the node"},
    [SIM_PLACED] = {"PodScheduled", "pkg/scheduler/schedule_one.go",
                    "the best node by requests; usage is not looked at"},
    [SIM_PENDING] = {"FailedScheduling", "pkg/scheduler/schedule_one.go",
                     "no node passes the filters"},
    [SIM_STARTED] = {"PodStarted", "pkg/kubelet/kuberuntime/kuberuntime_manager.go",
                     "containers run, usage arrives"},
    [SIM_MEMCG_OOM] = {"ContainerOOMKilled", "mm/oom_kill.c",
                       "over memory.max of the container: all of it dies (memory.oom.group)"},
    [SIM_POD_OOM] = {"PodOOMKilled", "mm/oom_kill.c", "over memory.max of the pod"},
    [SIM_KUBEPODS_OOM] = {"KubepodsOOMKilled", "mm/oom_kill.c",
                          "over memory.max of kubepods: all pods compete by badness"},
    [SIM_GLOBAL_OOM] = {"NodeOOMKilled", "mm/oom_kill.c",
                        "no memory left: the highest oom_badness of all dies"},
    [SIM_RESTARTED] = {"ContainerRestarted", "pkg/kubelet/kuberuntime/kuberuntime_manager.go",
                       "crash-loop delays 0, 10, 20, 40, 80, 160, 300 s"},
    [SIM_PRESSURE] = {"MemoryPressure", "pkg/kubelet/eviction/eviction_manager.go",
                      "memory.available below evictionHard at the 10 s poll: taint "
                      "memory-pressure:NoSchedule"},
    [SIM_PRESSURE_END] = {"MemoryPressureOver", "pkg/kubelet/eviction/eviction_manager.go",
                          "not seen for evictionPressureTransitionPeriod, 5 min"},
    [SIM_EVICTED] = {"PodEvicted", "pkg/kubelet/eviction/helpers.go",
                     "first by rank: usage over request, lower priority, most over request"},
    [SIM_NO_VICTIM] = {"NothingToEvict", "pkg/kubelet/eviction/eviction_manager.go",
                       "below the threshold, and only critical pods are left"},
    [SIM_THRASHED] = {"NodeThrashes", "assumption --node-pressure=thrash",
                      "the page cache is gone, the kubelet misses its lease"},
    [SIM_OOM_LOST] = {"KubeletLost", "assumption --node-oom=lost",
                      "the global OOM takes the kubelet with it"},
    [SIM_PREEMPTED] = {"PodPreempted",
                       "pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go",
                       "a pod of higher priority fits nowhere else"},
    [SIM_DRAINED] = {"PodDrained", "pkg/registry/core/pod/storage/eviction.go",
                     "the Eviction API allows it: its PodDisruptionBudget is kept"},
    [SIM_BLOCKED] = {"EvictionRefused", "pkg/registry/core/pod/storage/eviction.go",
                     "the PodDisruptionBudget allows no disruption"},
    [SIM_CORDONED] = {"NodeCordoned", "kubectl drain", "no new pod comes here"},
    [SIM_KUBELET_STOPPED] = {"KubeletStopped", "scenario",
                             "no lease is renewed, nothing is evicted or restarted; the containers "
                             "run on"},
    [SIM_BACK] = {"NodeReady", "pkg/controller/nodelifecycle/node_lifecycle_controller.go",
                  "the kubelet reports again: Ready, the unreachable taints go"},
    [SIM_DEPLOYED] = {"Deployed", "pkg/controller (deployment, statefulset, daemon)",
                      "a new template: old pods are replaced within maxSurge and maxUnavailable"},
    [SIM_ROLLED_OUT] = {"RolledOut", "pkg/controller (deployment, statefulset, daemon)",
                        "every pod is of the new template and ready"},
    [SIM_SCALED_DOWN] = {"PodScaledDown", "pkg/controller/controller_utils.go",
                         "its controller deletes it: first what is not ready, then where most of "
                         "the workload is, then the newest"},
    [SIM_SCALED] = {"Scaled", "pkg/controller/podautoscaler/horizontal.go",
                    "every 15 s: use over target times pods, rounded up, within 10 % nothing; down "
                    "only when it was less for 300 s; within behavior, minReplicas, maxReplicas"},
    [SIM_NODE_ASKED] = {"NodeAsked", "cluster-autoscaler/core/scaleup/orchestrator",
                        "pods fit nowhere, and would fit on one more node of this group"},
    [SIM_NODE_ADDED] = {"NodeAdded", "cluster-autoscaler", "the node has joined and is Ready"},
    [SIM_SERVICE_LOST] = {"ServiceLost", "pkg/controller/endpointslice",
                          "its last ready endpoint is gone"},
    [SIM_SERVICE_BACK] = {"ServiceBack", "pkg/controller/endpointslice", "it has a ready endpoint"},
    [SIM_REFUSED] = {"PodRefused", "apiserver pkg/admission/plugin/webhook/generic",
                     "failurePolicy Fail: what the webhook cannot be asked about is refused; the "
                     "controller tries again after 5 ms, 10, 20 ... up to 1000 s"},
    [SIM_ENDED] = {"PodEnded", "pkg/kubelet/kubelet.go",
                   "deleted while its kubelet was away: killed now that it knows"},
    [SIM_FAILED] =
        {"PodFailed", "pkg/kubelet/kubelet_pods.go",
         "restartPolicy Never: what is killed is not started again, and with its last "
         "container the pod is Failed; a Job makes another after 10, 20, 40 ... 600 s, up to "
         "backoffLimit"},
    [SIM_STORM] = {"Storm", "simulation", "fails again and again: not followed further"},
};

const char *sim_event_name(enum sim_event_type t)
{
    return t < SIM_EVENT_TYPES ? event_table[t].name : "";
}
const char *sim_event_source(enum sim_event_type t)
{
    return t < SIM_EVENT_TYPES ? event_table[t].source : "";
}
const char *sim_event_rule(enum sim_event_type t)
{
    return t < SIM_EVENT_TYPES ? event_table[t].rule : "";
}

const char *sim_way_name(enum sim_way w)
{
    static const char *const names[] = {[WAY_NODE_LOST] = "nodeLost",
                                        [WAY_SHORT] = "short",
                                        [WAY_ZERO] = "zero",
                                        [WAY_STORM] = "storm"};
    return names[w];
}

/* ---- outcome ---- */

static int failure_order(const void *a, const void *b)
{
    const struct sim_failure *x = a, *y = b;
    if (x->way != y->way)
        return x->way < y->way ? -1 : 1;
    return (x->subject > y->subject) - (x->subject < y->subject);
}

void failures_sort(struct sim_outcome *o)
{
    if (o->failure_count)
        qsort(o->failures, o->failure_count, sizeof(*o->failures), failure_order);
}

bool outcome_equal(const struct sim_outcome *x, const struct sim_outcome *y)
{
    const uint64_t a[] = {
        x->nodes_lost, x->killed,        x->evicted,        x->preempted,
        x->displaced,  x->pending,       x->below,          x->zero,
        x->dips,       x->depth,         x->peak_creations, x->storm,
        x->timed_out,  x->blocked,       x->first.type,     (uint64_t)x->settled_ms,
        x->events,     x->failure_count, x->refused,        x->outage_count};
    const uint64_t b[] = {
        y->nodes_lost, y->killed,        y->evicted,        y->preempted,
        y->displaced,  y->pending,       y->below,          y->zero,
        y->dips,       y->depth,         y->peak_creations, y->storm,
        y->timed_out,  y->blocked,       y->first.type,     (uint64_t)y->settled_ms,
        y->events,     y->failure_count, y->refused,        y->outage_count};
    if (memcmp(a, b, sizeof(a)) != 0)
        return false;
    for (size_t i = 0; i < x->failure_count; i++) {
        const struct sim_failure *f = &x->failures[i], *g = &y->failures[i];
        if (failure_order(f, g) != 0 || f->have != g->have || f->need != g->need)
            return false;
    }
    return true;
}

static void judge_workload(struct sim_runner *r, uint32_t i)
{
    const struct sim_workload *w = &r->world->workloads[i];
    const struct run_workload *x = &r->workloads[i];
    struct sim_outcome *o = r->out;
    uint32_t shared = x->healthy >= w->need ? budget_short(r, i) : NO_POD;
    struct sim_failure f = {.way = WAY_SHORT, .subject = i, .have = x->healthy, .need = w->need};
    if (x->healthy >= w->need && shared == NO_POD) {
        o->dips += x->dipped;
        return;
    }
    if (shared != NO_POD) {
        f.shared = r->world->budgets.items[shared].pdb;
        f.have = r->budgets[shared];
        f.need = r->world->budgets.items[shared].desired;
    } else if (x->healthy <= 0) {
        f.way = WAY_ZERO;
    }
    o->below++;
    o->zero += f.way == WAY_ZERO;
    o->failures[o->failure_count++] = f;
}

/* A budget that several share: who lacks pods is short, whoever has lost the last. */
static void touch_short(struct sim_runner *r)
{
    const struct sim_world *w = r->world;
    for (size_t i = 0; i < w->budgets.count; i++)
        for (size_t k = 0; k < w->budgets.items[i].workloads.count; k++)
            if (r->budgets[i] < w->budgets.items[i].desired)
                (void)touch_workload(r, w->budgets.items[i].workloads.items[k]);
}

void outcome_make(struct sim_runner *r, struct arena *a)
{
    struct sim_outcome *o = r->out;
    touch_short(r);
    size_t most = r->lost.count + r->storms.count + r->touched.count + r->sick.count;
    o->failures = arena_array(a, struct sim_failure, most);
    for (size_t i = 0; i < r->lost.count; i++)
        o->failures[o->failure_count++] =
            (struct sim_failure){.way = WAY_NODE_LOST, .subject = r->lost.items[i]};
    for (size_t i = 0; i < r->touched.count; i++)
        judge_workload(r, r->touched.items[i]);
    for (size_t i = 0; i < r->sick.count; i++)
        if (!r->workloads[r->sick.items[i]].touched)
            judge_workload(r, r->sick.items[i]);
    for (size_t i = 0; i < r->storms.count; i++) {
        uint32_t workload = pod_world(r, r->storms.items[i])->workload;
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = pod_world(r, r->storms.items[k])->workload == workload;
        if (!known)
            o->failures[o->failure_count++] =
                (struct sim_failure){.way = WAY_STORM,
                                     .subject = workload,
                                     .cycle = cycle_make(r, r->storms.items[i], a)};
    }
    failures_sort(o);
    services_outcome(r, a, o);
    for (size_t i = 0; i < r->pending.count; i++)
        o->pending += r->pending.items[i] >= r->world->pod_count;
}

size_t failures_beyond(struct arena *a, const struct sim_outcome *x, const struct sim_outcome *y,
                       struct sim_failure **ret)
{
    size_t n = 0, k = 0;
    *ret = arena_array(a, struct sim_failure, x->failure_count);
    for (size_t i = 0; i < x->failure_count; i++) {
        const struct sim_failure *f = &x->failures[i];
        while (k < y->failure_count && failure_order(&y->failures[k], f) < 0)
            k++;
        if (k == y->failure_count || failure_order(&y->failures[k], f) != 0)
            (*ret)[n++] = *f;
    }
    return n;
}
