/* SPDX-License-Identifier: Apache-2.0
 *
 * pod_requests.json: effective requests and limits under upstream's options.
 */
#include "model/requests.h"

#include "fidelity.h"

struct options {
    struct requests_options o;
    struct resources non_missing;
};

static void options_at(struct check *k, struct options *ret)
{
    const struct doc *d = at(k, "options");
    *ret = (struct options){
        .o = {.use_status = doc_bool(d, "UseStatusResources", false),
              .pod_level_status =
                  doc_bool(d, "InPlacePodLevelResourcesVerticalScalingEnabled", false),
              .exclude_overhead = doc_bool(d, "ExcludeOverhead", false),
              .skip_pod_level = doc_bool(d, "SkipPodLevelResources", false),
              .skip_containers = doc_bool(d, "SkipContainerLevelResources", false),
              .use_claims = doc_bool(d, "UseDRANodeAllocatableResourceClaimStatus", false)},
    };
    resources_of_doc(k, doc_get(d, "NonMissingContainerRequests"), &ret->non_missing);
    if (ret->non_missing.count)
        ret->o.non_missing = &ret->non_missing;
}

static void check_pod(struct check *k, const struct requests_options *o)
{
    struct pod p;
    struct resources r;
    pod_at(k, "pod", &p);
    if (at(k, "expect_requests")) {
        pod_requests(k->a, &p.spec, &p.status, o, &r);
        expect_resources(k, "requests", at(k, "expect_requests"), &r);
    }
    if (at(k, "expect_limits")) {
        pod_limits(k->a, &p.spec, &p.status, o, &r);
        expect_resources(k, "limits", at(k, "expect_limits"), &r);
    }
}

static void requests_limits(struct check *k)
{
    struct options o;
    options_at(k, &o);
    check_pod(k, &o.o);
}

/* AggregateContainerRequests: neither pod level nor overhead. */
static void aggregate(struct check *k)
{
    struct options o;
    options_at(k, &o);
    o.o.skip_pod_level = o.o.exclude_overhead = true;
    check_pod(k, &o.o);
}

static void nonzero(struct check *k)
{
    struct pod p;
    pod_at(k, "pod", &p);
    struct pod_amounts got = pod_nonzero_requests(k->a, &p.spec, &p.status);
    const struct doc *want = at(k, "expect");
    expect_int(k, "cpu milli", doc_int(want, "cpu", 0), got.cpu_milli);
    expect_int(k, "memory bytes", doc_int(want, "memory", 0), got.memory_bytes);
}

/* A pod of nothing but pod-level resources. */
static void pod_level_at(struct check *k, struct pod_spec *ret)
{
    const struct doc *d = at(k, "pod_resources");
    *ret = (struct pod_spec){.resources.set = !is_null(d)};
    resources_of_doc(k, doc_get(d, "requests"), &ret->resources.requests);
    resources_of_doc(k, doc_get(d, "limits"), &ret->resources.limits);
}

static void resources_set_(struct check *k)
{
    struct pod_spec s;
    pod_level_at(k, &s);
    expect_bool(k, "set", bool_at(k, "expect"), pod_level_resources_set(&s));
}

static void requests_set(struct check *k)
{
    struct pod_spec s;
    pod_level_at(k, &s);
    expect_bool(k, "set", bool_at(k, "expect"), pod_level_requests_set(&s));
}

static void limits_set(struct check *k)
{
    struct pod_spec s;
    pod_level_at(k, &s);
    expect_bool(k, "set", bool_at(k, "expect"), pod_level_limits_set(&s));
}

static void supported(struct check *k)
{
    expect_bool(k, "supported", bool_at(k, "expect"),
                resource_is_pod_level(text_at(k, "resource")));
}

const struct kind_check pod_requests_kinds[] = {
    {"pod_requests_limits", requests_limits},
    {"pod_requests", requests_limits},
    {"pod_limits", requests_limits},
    {"pod_requests_dra", requests_limits},
    {"aggregate_containers", aggregate},
    {"nonzero_requests", nonzero},
    {"is_pod_level_resources_set", resources_set_},
    {"is_pod_level_requests_set", requests_set},
    {"is_pod_level_limits_set", limits_set},
    {"is_supported_pod_level_resource", supported},
    {NULL, NULL},
};
