/* SPDX-License-Identifier: Apache-2.0
 *
 * node_cgroup.json: node allocatable, cgroup names and values, memory QoS, huge pages, swap. The
 * kinds carry the names of upstream's tests; fields that those tests fix in code (node memory, pod
 * name) are set here to the same values.
 */
#include "fidelity.h"
#include "model/allocatable.h"
#include "model/cgroup.h"
#include "model/oom_score.h"

#define TEST_MEMORY_CAPACITY 17179860387 /* of upstream's TestGenerateLinuxContainerResources */

/* ---- names ---- */

static void systemd_basename(struct check *k)
{
    struct str_list name;
    strings_of_doc(k, at(k, "input"), &name);
    expect_text(k, "unit", text_at(k, "expected"), cgroup_unit(k->a, &name));
}

static void to_systemd(struct check *k)
{
    struct str_list name;
    strings_of_doc(k, at(k, "input"), &name);
    expect_text(k, "path", text_at(k, "expected"), cgroup_path_systemd(k->a, &name));
}

static void to_cgroupfs(struct check *k)
{
    struct str_list name;
    strings_of_doc(k, at(k, "input"), &name);
    expect_text(k, "path", text_at(k, "expected"), cgroup_path_cgroupfs(k->a, &name));
}

static void parse_systemd(struct check *k)
{
    struct str_list want, got;
    strings_of_doc(k, at(k, "expected"), &want);
    cgroup_parse_systemd(k->a, text_at(k, "input"), &got);
    expect_strings(k, "name", &want, &got);
}

/* The name goes through the driver's form and back, as upstream. */
static void is_cgroup_pod(struct check *k)
{
    struct str_list name, back, root = {0};
    struct str uid = STR("");
    strings_of_doc(k, at(k, "input"), &name);
    if (str_is(doc_text(at(k, "context"), "cgroupDriver"), "systemd"))
        cgroup_parse_systemd(k->a, cgroup_path_systemd(k->a, &name), &back);
    else
        cgroup_parse_cgroupfs(k->a, cgroup_path_cgroupfs(k->a, &name), &back);
    expect_bool(k, "is a pod's", bool_at(k, "expectedResult"), cgroup_is_pod(&root, &back, &uid));
    expect_text(k, "uid", text_at(k, "expectedUID"), uid);
}

/* The pod's uid is only in the expected name. */
static void pod_name(struct check *k)
{
    struct pod p;
    struct str_list want, got, root = {0};
    strings_of_doc(k, at(k, "wantCgroupName"), &want);
    pod_of_doc(k, doc_path(k->c, "args.pod"), &p);
    struct str last = want.count ? want.items[want.count - 1] : STR("");
    pod_cgroup_name(k->a, &root, pod_qos(&p.spec, &p.status, NULL), str_sub(last, 3, last.n), &got);
    expect_strings(k, "name", &want, &got);
    bool systemd =
        doc_bool(doc_path(k->c, "fields.cgroupManager.cgroupCommon"), "useSystemd", false);
    expect_text(k, "path", text_at(k, "wantLiteralCgroupfs"),
                systemd ? cgroup_path_systemd(k->a, &got) : cgroup_path_cgroupfs(k->a, &got));
}

/* ---- CPU ---- */

static void weight_to_shares(struct check *k)
{
    expect_int(k, "shares", int_at(k, "expectedCpuShares"),
               cpu_shares_of_weight(int_at(k, "cpuWeight")));
}

static void milli_to_quota(struct check *k)
{
    expect_int(k, "quota", int_at(k, "quota"),
               cpu_quota_of_milli(int_at(k, "input"), int_at(k, "period")));
}

static void quota_to_milli(struct check *k)
{
    expect_int(k, "milli", int_at(k, "expected"),
               cpu_milli_of_quota(int_at(k, "quota"), int_at(k, "period")));
}

/* ---- a pod's values ---- */

static void expect_pod_memory(struct check *k, const struct cgroup_values *got)
{
    const struct doc *want = at(k, "expected"), *unified = doc_get(want, "Unified");
    expect_opt(k, "memory.max", doc_get(want, "Memory"), got->memory_max_bytes);
    expect_opt(k, "memory.min", doc_get(unified, "memory.min"), got->memory_min_bytes);
    expect_opt(k, "memory.low", doc_get(unified, "memory.low"), got->memory_low_bytes);
}

static void expect_pod_config(struct check *k, const struct cgroup_values *got)
{
    const struct doc *want = at(k, "expected");
    expect_opt(k, "cpu shares", doc_get(want, "CPUShares"), got->cpu_shares);
    expect_opt(k, "cpu quota", doc_get(want, "CPUQuota"), got->cpu_quota_us);
    expect_opt(k, "cpu period", doc_get(want, "CPUPeriod"), got->cpu_period_us);
    expect_pod_memory(k, got);
}

/* Upstream's test of memory QoS compares no CPU values, and one that it lists is wrong (200m in a
 * period of 5 ms is a quota of 1 ms, not 20). */
static void pod_config(struct check *k, bool memory_qos)
{
    struct pod p;
    struct cgroup_settings s;
    struct cgroup_values got;
    cgroup_settings_default(&s);
    pod_at(k, "pod", &p);
    if (at(k, "podLevelResourcesEnabled") && !bool_at(k, "podLevelResourcesEnabled"))
        p.spec.resources = (struct resource_requirements){0};
    s.cpu_quota_off = !bool_at(k, "enforceCPULimits");
    s.cpu_period_us = int_at(k, "quotaPeriod");
    s.memory_qos = s.tiered_reservation = memory_qos;
    pod_cgroup(k->a, &s, &p.spec, &p, &got);
    if (memory_qos)
        expect_pod_memory(k, &got);
    else
        expect_pod_config(k, &got);
}

static void resource_config(struct check *k)
{
    pod_config(k, false);
}

static void resource_config_memory_qos(struct check *k)
{
    pod_config(k, true);
}

static struct opt_int opt_of_doc(struct check *k, const struct doc *n)
{
    struct opt_int v = {.set = !is_null(n)};
    if (v.set && str_to_int64(n->text, &v.v))
        fail(k, "\"" STR_FMT "\" is no number", STR_ARG(n->text));
    return v;
}

static void subtract_overhead(struct check *k)
{
    struct pod p;
    const struct doc *in = at(k, "cfgInput");
    struct cgroup_values v = {
        .cpu_shares = opt_of_doc(k, doc_get(in, "CPUShares")),
        .cpu_quota_us = opt_of_doc(k, doc_get(in, "CPUQuota")),
        .cpu_period_us = opt_of_doc(k, doc_get(in, "CPUPeriod")),
        .memory_max_bytes = opt_of_doc(k, doc_get(in, "Memory")),
    };
    pod_at(k, "pod", &p);
    cgroup_subtract_overhead(&p.spec, &v);
    expect_pod_config(k, &v);
}

/* ---- a container's values ---- */

/* A pod of one container with these requests and limits. */
struct small_pod {
    struct pod p;
    struct container c;
};

static void small_pod_init(struct small_pod *s)
{
    *s = (struct small_pod){0};
    s->c.name = STR("foo");
    s->p.spec.containers = (struct containers){&s->c, 1, 1};
}

static void requirements_of_doc(struct check *k, const struct doc *n,
                                struct resource_requirements *ret)
{
    *ret = (struct resource_requirements){.set = !is_null(n)};
    resources_of_doc(k, doc_get(n, "requests"), &ret->requests);
    resources_of_doc(k, doc_get(n, "limits"), &ret->limits);
}

static void expect_container(struct check *k, const struct cgroup_values *got)
{
    const struct doc *want = at(k, "expected");
    expect_opt(k, "cpu shares", doc_get(want, "CpuShares"), got->cpu_shares);
    expect_opt(k, "memory.max", doc_get(want, "MemoryLimitInBytes"), got->memory_max_bytes);
    expect_opt(k, "memory.oom.group", doc_get(doc_get(want, "Unified"), "memory.oom.group"),
               got->oom_group);
}

static void expect_quota(struct check *k, const struct cgroup_values *got)
{
    const struct doc *want = at(k, "expected");
    expect_opt(k, "cpu quota", doc_get(want, "CpuQuota"), got->cpu_quota_us);
    expect_opt(k, "cpu period", doc_get(want, "CpuPeriod"), got->cpu_period_us);
}

static void settings_at(struct check *k, struct cgroup_settings *s)
{
    cgroup_settings_default(s);
    s->cgroup_v1 = str_is(text_at(k, "cgroupVersion"), "v1");
    s->single_process_oom_kill = bool_at(k, "singleProcessOOMKill");
    s->swap_controller_missing = true;
    s->memory_capacity_bytes = TEST_MEMORY_CAPACITY;
}

static void container_config(struct check *k)
{
    struct small_pod s;
    struct cgroup_settings set;
    struct cgroup_values got;
    const struct doc *gates = at(k, "enableFeatures"), *cpus = at(k, "cpuSets");
    small_pod_init(&s);
    settings_at(k, &set);
    set.single_process_oom_kill = true; /* not looked at by this test */
    set.exclusive_cpus =
        doc_bool(gates, "DisableCPUQuotaWithExclusiveCPUs", false) && doc_get(cpus, "12345678/foo");
    requirements_of_doc(k, at(k, "containerResources"), &s.c.resources);
    if (doc_bool(gates, "PodLevelResources", false))
        requirements_of_doc(k, at(k, "podResources"), &s.p.spec.resources);
    container_cgroup(&set, &s.p.spec, &s.p, &s.c, &got);
    expect_container(k, &got);
    expect_quota(k, &got);
}

static void add_amount(struct check *k, struct resources *r, const char *name, const char *key)
{
    if (!is_null(at(k, key)))
        resources_set(k->a, r, str_of(name), quantity_of_doc(k, at(k, key)));
}

static void calculate(struct check *k)
{
    struct small_pod s;
    struct cgroup_settings set;
    struct cgroup_values got;
    small_pod_init(&s);
    settings_at(k, &set);
    add_amount(k, &s.c.resources.requests, "cpu", "cpuReq");
    add_amount(k, &s.c.resources.limits, "cpu", "cpuLim");
    add_amount(k, &s.c.resources.limits, "memory", "memLim");
    container_cgroup(&set, &s.p.spec, &s.p, &s.c, &got);
    expect_container(k, &got);
    expect_quota(k, &got);
}

static void container_resources(struct check *k)
{
    struct small_pod s;
    struct cgroup_settings set;
    struct cgroup_values got;
    small_pod_init(&s);
    settings_at(k, &set);
    set.cpu_quota_off = true;
    resources_of_doc(k, at(k, "requests"), &s.c.resources.requests);
    resources_of_doc(k, at(k, "limits"), &s.c.resources.limits);
    container_cgroup(&set, &s.p.spec, &s.p, &s.c, &got);
    expect_container(k, &got);
    struct oom_adj adj = container_oom_adj(&s.p.spec, &s.p, &s.c, set.memory_capacity_bytes);
    expect_int(k, "oom_score_adj", doc_int(at(k, "expected"), "OomScoreAdj", 0), adj.min);
}

/* Upstream's fake node has as much memory as it can allocate. */
static void memory_qos(struct check *k)
{
    struct pod p;
    struct cgroup_settings s;
    struct cgroup_values got;
    const struct doc *want = at(k, "expect"), *unified = doc_get(want, "unified");
    cgroup_settings_default(&s);
    pod_at(k, "pod", &p);
    s.memory_qos = true;
    s.tiered_reservation = str_is(text_at(k, "memory_reservation_policy"), "TieredReservation");
    s.page_bytes = int_at(k, "page_size");
    s.memory_capacity_bytes = s.memory_allocatable_bytes =
        quantity_value(quantity_of_doc(k, at(k, "node_allocatable_memory")));
    (void)!str_to_double(text_at(k, "throttling_factor"), &s.throttling_factor);
    const struct container *c = &p.spec.containers.items[0];
    container_cgroup(&s, &p.spec, &p, c, &got);
    expect_opt(k, "memory.max", doc_get(want, "memory_limit"), got.memory_max_bytes);
    expect_opt(k, "memory.high", doc_get(unified, "memory.high"), got.memory_high_bytes);
    expect_opt(k, "memory.low", doc_get(unified, "memory.low"), got.memory_low_bytes);
    expect_opt(k, "memory.min", doc_get(unified, "memory.min"), got.memory_min_bytes);
    struct oom_adj adj = container_oom_adj(&p.spec, &p, c, s.memory_capacity_bytes);
    expect_int(k, "oom_score_adj", doc_int(want, "oom_score_adj", 0), adj.min);
}

static void qos_levels(struct check *k)
{
    const struct doc *list = at(k, "pods");
    struct pod *pods = arena_array(k->a, struct pod, list ? list->count + 1 : 1);
    const struct pod **refs = arena_array(k->a, const struct pod *, list ? list->count + 1 : 1);
    size_t n = 0;
    for (const struct doc *d = is_null(list) ? NULL : list->child; d; d = d->next, n++) {
        pod_of_doc(k, d, &pods[n]);
        refs[n] = &pods[n];
    }
    struct qos_reservation got = qos_memory_reservation(k->a, refs, n);
    expect_opt(k, "guaranteed", at(k, "expectedGuaranteed"),
               (struct opt_int){.v = got.kubepods_min_bytes, .set = true});
    expect_opt(k, "burstable", at(k, "expectedBurstable"),
               (struct opt_int){.v = got.burstable_low_bytes, .set = true});
}

static void qos_reserved(struct check *k)
{
    const struct doc *in = at(k, "input"), *want = at(k, "expected");
    bool valid = true;
    for (const struct doc *d = in ? in->child : NULL; d; d = d->next) {
        int64_t percent = 0;
        if (qos_reserved_parse(d->key, d->text, &percent))
            valid = false;
        else if (!is_null(want))
            expect_int(k, "percent", doc_int(want, "memory", -1), percent);
    }
    expect_bool(k, "valid", !is_null(want), valid);
}

/* ---- swap and huge pages ---- */

static void set_memory(struct check *k, struct resource_requirements *r, int64_t request,
                       int64_t limit)
{
    resources_set(k->a, &r->requests, STR("memory"), quantity_of_bytes(request));
    resources_set(k->a, &r->limits, STR("memory"), quantity_of_bytes(limit));
}

/* Upstream's test gives a request of 1Gi and a limit of 2Gi unless a case has a function that
 * changes them; where a table does not say to what, the case's name does. */
static void swap_resources_at(struct check *k, struct resource_requirements *ret)
{
    struct doc *own = at(k, "containerResourceOverride");
    struct str name = text_at(k, "name");
    if (own && own->type == DOC_MAP)
        requirements_of_doc(k, own, ret);
    else if (str_ends(name, "zero memory"))
        set_memory(k, ret, 0, 0);
    else if (str_ends(name, "memory request equal to limit"))
        set_memory(k, ret, 100 * MIB, 100 * MIB);
    else
        set_memory(k, ret, GIB, 2 * GIB);
}

static void swap(struct check *k)
{
    struct cgroup_settings s;
    struct container c = {0};
    enum qos q = QOS_BURSTABLE;
    cgroup_settings_default(&s);
    s.cgroup_v1 = str_is(text_at(k, "cgroupVersion"), "v1");
    s.swap_controller_missing = !bool_at(k, "isSwapControllerAvailable");
    s.swap = str_is(text_at(k, "configuredMemorySwap"), "LimitedSwap") ? SWAP_LIMITED : SWAP_NONE;
    (void)!qos_find(text_at(k, "qosClass"), &q);
    swap_resources_at(k, &c.resources);
    enum swap_behavior got = container_swap(&s, q, bool_at(k, "isCriticalPod"), &c);
    expect_text(k, "behaviour", text_at(k, "expected"),
                got == SWAP_LIMITED ? STR("LimitedSwap") : STR("NoSwap"));
}

static void hugepage_sums(struct check *k)
{
    const struct doc *in = at(k, "inputs"), *want = at(k, "expected");
    struct resources r = {0}, one = {0};
    struct hugepage_limits got;
    for (const struct doc *d = in ? in->child : NULL; d; d = d->next) {
        one.count = 0;
        resources_set(k->a, &one, doc_text(d, "key"), quantity_of_doc(k, doc_get(d, "input")));
        resources_add(k->a, &r, &one);
    }
    hugepage_limits(&r, k->a, &got);
    expect_int(k, "page sizes", is_null(want) ? 0 : (int64_t)want->count, (int64_t)got.count);
    for (size_t i = 0; i < got.count; i++) {
        struct str size = arena_printf(k->a, "%lld", (long long)got.items[i].page_bytes);
        expect_int(k, size.p, doc_int(want, size.p, -1), got.items[i].limit_bytes);
    }
}

/* "2MB" of the kernel's names: a power of 1024. */
static int64_t page_bytes_of(struct str name)
{
    static const char units[] = "BKMG";
    size_t digits = 0;
    int64_t v = 0;
    while (digits < name.n && name.p[digits] >= '0' && name.p[digits] <= '9')
        v = v * 10 + (name.p[digits++] - '0');
    for (size_t i = 1; i < sizeof(units) - 1; i++)
        if (digits < name.n && name.p[digits] == units[i])
            return v << (10 * i);
    return v;
}

static void hugepages_of_container(struct check *k)
{
    struct small_pod s;
    small_pod_init(&s);
    requirements_of_doc(k, at(k, "resources"), &s.c.resources);
    if (bool_at(k, "podLevelResourcesEnabled"))
        requirements_of_doc(k, at(k, "podResources"), &s.p.spec.resources);
    const struct doc *want = at(k, "expected");
    for (const struct doc *d = is_null(want) ? NULL : want->child; d; d = d->next) {
        struct str size = arena_str(k->a, doc_text(d, "PageSize"));
        expect_int(k, size.p, doc_int(d, "Limit", 0),
                   container_hugepage_limit(&s.p.spec, &s.c, page_bytes_of(size)));
    }
}

/* ---- node allocatable ---- */

struct node_case {
    struct resources capacity;
    struct node_reservation r;
    struct eviction_threshold threshold;
};

static void node_at(struct check *k, struct node_case *ret)
{
    const struct doc *hard = at(k, "hardThreshold");
    double percentage;
    *ret = (struct node_case){0};
    resources_of_doc(k, at(k, "capacity"), &ret->capacity);
    resources_of_doc(k, at(k, "systemReserved"), &ret->r.system);
    resources_of_doc(k, at(k, "kubeReserved"), &ret->r.kube);
    ret->threshold.signal = resources_has(&ret->capacity, "ephemeral-storage")
                                ? SIGNAL_NODEFS_AVAILABLE
                                : SIGNAL_MEMORY_AVAILABLE;
    if (!is_null(doc_get(hard, "Quantity"))) {
        ret->threshold.value.type = THRESHOLD_QUANTITY;
        ret->threshold.value.quantity = quantity_of_doc(k, doc_get(hard, "Quantity"));
    } else if (!str_to_double(doc_text(hard, "Percentage"), &percentage)) {
        ret->threshold.value.type = THRESHOLD_PERCENTAGE;
        ret->threshold.value.percentage = (float)percentage;
    }
    ret->r.thresholds = &ret->threshold;
    ret->r.threshold_count = ret->threshold.value.type != THRESHOLD_ABSENT;
}

/* Upstream's tests go through the result, so names without capacity are not looked at. */
static void expect_amounts(struct check *k, const struct resources *capacity,
                           const struct resources *got)
{
    struct resources want;
    resources_of_doc(k, at(k, "expected"), &want);
    for (size_t i = 0; i < capacity->count; i++) {
        struct str name = arena_str(k->a, capacity->items[i].name);
        expect_quantity(k, name.p, resources_get(&want, name.p), resources_get(got, name.p));
    }
}

static void for_scheduling(struct check *k)
{
    struct node_case n;
    struct resources got;
    node_at(k, &n);
    node_reserved(k->a, &n.capacity, &n.r, &got);
    expect_amounts(k, &n.capacity, &got);
}

static void for_enforcement(struct check *k)
{
    struct node_case n;
    struct resources got;
    node_at(k, &n);
    node_kubepods_limit(k->a, &n.capacity, &n.r, &got);
    expect_amounts(k, &n.capacity, &got);
}

static void input_validation(struct check *k)
{
    struct node_case n;
    struct err e = {0};
    node_at(k, &n);
    expect_bool(k, "invalid", bool_at(k, "invalidConfiguration"),
                node_reservation_check(k->a, &n.capacity, &n.r, &e) != 0);
}

const struct kind_check node_cgroup_kinds[] = {
    {"TestCgroupNameToSystemdBasename", systemd_basename},
    {"TestCgroupNameToSystemd", to_systemd},
    {"TestCgroupNameToCgroupfs", to_cgroupfs},
    {"TestParseSystemdToCgroupName", parse_systemd},
    {"TestIsCgroupPod", is_cgroup_pod},
    {"TestGetPodContainerName", pod_name},
    {"TestCpuWeightToCPUShares", weight_to_shares},
    {"TestMilliCPUToQuota", milli_to_quota},
    {"TestQuotaToMilliCPU", quota_to_milli},
    {"TestResourceConfigForPod", resource_config},
    {"TestResourceConfigForPodWithEnforceMemoryQoS", resource_config_memory_qos},
    {"TestSubtractOverheadFromResourceConfig", subtract_overhead},
    {"TestGenerateLinuxContainerConfigResources", container_config},
    {"TestCalculateLinuxResources", calculate},
    {"TestGenerateLinuxContainerResources", container_resources},
    {"memory_qos_container", memory_qos},
    {"TestQoSContainerCgroup", qos_levels},
    {"parse_qos_reserved", qos_reserved},
    {"TestGetContainerSwapBehavior", swap},
    {"TestHugePageLimits", hugepage_sums},
    {"TestGetHugepageLimitsFromResources", hugepages_of_container},
    {"TestNodeAllocatableReservationForScheduling", for_scheduling},
    {"TestNodeAllocatableForEnforcement", for_enforcement},
    {"TestNodeAllocatableInputValidation", input_validation},
    {NULL, NULL},
};
