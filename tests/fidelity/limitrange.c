/* SPDX-License-Identifier: Apache-2.0
 *
 * limitrange.json: what LimitRange admission fills in, allows and denies. As in upstream's tests the
 * LimitRange itself has not been through the API server's defaulting.
 */
#include "model/limit_range.h"

#include "fidelity.h"
#include "model/decode.h"

/* The table gives the spec only; an object around it makes it decodable. */
static struct doc *object_with(struct check *k, const char *key, const struct doc *value)
{
    struct doc *n = arena_new(k->a, struct doc), *child = arena_new(k->a, struct doc);
    *n = (struct doc){.type = DOC_MAP, .child = child, .count = 1};
    *child = *value;
    child->key = str_of(key);
    child->next = NULL;
    return n;
}

static void range_at(struct check *k, struct limit_range *ret)
{
    *ret = (struct limit_range){0};
    if (!is_null(at(k, "limit_range")))
        decode_kind(k->a, KIND_LIMIT_RANGE, object_with(k, "spec", at(k, "limit_range")), ret);
}

static void expect_allowed(struct check *k, int allowed, const struct err *e)
{
    struct str want = text_at(k, "expect");
    if (str_is(want, "allow") != (allowed == 1))
        fail(k, "expected " STR_FMT ", got %s %s", STR_ARG(want),
             allowed ? "allow" : "deny:", e->msg);
}

static void pod_validate(struct check *k)
{
    struct limit_range l;
    struct pod p;
    struct err e = {0};
    range_at(k, &l);
    pod_at(k, "pod", &p);
    limit_range_apply(k->a, &l, &p.spec, NULL);
    expect_allowed(k, limit_range_allows_pod(k->a, &l, &p.spec, &e), &e);
}

static void pvc_validate(struct check *k)
{
    struct limit_range l;
    struct pvc claim = {0};
    struct err e = {0};
    range_at(k, &l);
    decode_kind(k->a, KIND_PVC, at(k, "pvc"), &claim);
    expect_allowed(k, limit_range_allows_pvc(&l, &claim, &e), &e);
}

static void expect_containers(struct check *k, const char *what, const struct doc *want,
                              const struct containers *got)
{
    size_t i = 0;
    for (const struct doc *d = is_null(want) ? NULL : want->child; d; d = d->next, i++) {
        if (i >= got->count)
            break;
        const struct resource_requirements *r = &got->items[i].resources;
        struct str requests = arena_printf(k->a, "%s[%zu].requests", what, i);
        struct str limits = arena_printf(k->a, "%s[%zu].limits", what, i);
        expect_resources(k, requests.p, doc_get(d, "requests"), &r->requests);
        expect_resources(k, limits.p, doc_get(d, "limits"), &r->limits);
    }
    expect_int(k, what, (int64_t)i, (int64_t)got->count);
}

static void defaults(struct check *k)
{
    struct limit_range l;
    struct pod_spec s = {0};
    struct str note;
    range_at(k, &l);
    if (!is_null(at(k, "containers")))
        decode_containers(k->a, at(k, "containers"), CONTAINER_APP, &s.containers);
    if (!is_null(at(k, "init_containers")))
        decode_containers(k->a, at(k, "init_containers"), CONTAINER_INIT, &s.init_containers);
    limit_range_apply(k->a, &l, &s, &note);
    expect_containers(k, "containers", at(k, "expect_containers"), &s.containers);
    expect_containers(k, "init containers", at(k, "expect_init_containers"), &s.init_containers);
    expect_text(k, "annotation", text_at(k, "expect_annotation"), note);
}

const struct kind_check limitrange_kinds[] = {
    {"pod_validate", pod_validate},
    {"pvc_validate", pvc_validate},
    {"defaults", defaults},
    {NULL, NULL},
};
