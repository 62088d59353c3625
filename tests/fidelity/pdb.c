/* SPDX-License-Identifier: Apache-2.0
 *
 * pdb.json: the status that the disruption controller computes.
 */
#include "model/pdb_status.h"

#include "base/text.h"
#include "fidelity.h"
#include "model/decode.h"

#define NOW_MS (INT64_C(1000000) * 60000)

static void pdb_at(struct check *k, struct pdb *ret)
{
    *ret = (struct pdb){0};
    struct doc n = {.type = DOC_MAP, .count = 1};
    struct doc *spec = arena_new(k->a, struct doc);
    *spec = *at(k, "pdb");
    spec->key = STR("spec");
    spec->next = NULL;
    n.child = spec;
    decode_kind(k->a, KIND_PDB, &n, ret);
}

/* The note of a case tells what status.disruptedPods has: "p2 at now-3min". */
static void disrupted_at(struct check *k, const struct doc *pod, struct pdb *p)
{
    struct str note = text_at(k, "note"), name = doc_text(pod, "name");
    struct str mark = arena_printf(k->a, STR_FMT " at now-", STR_ARG(name));
    ptrdiff_t i = note.p ? str_find(note, mark.p) : -1;
    if (i < 0)
        return;
    struct str rest = str_sub(note, (size_t)i + mark.n, note.n);
    int64_t minutes;
    if (str_to_int64(str_sub(rest, 0, 1), &minutes))
        return;
    CLEANUP(buf_done) struct buf time;
    buf_init(&time, 64);
    text_add_time(&time, NOW_MS - minutes * 60000);
    *PUSH(k->a, &p->status.disrupted_pods) =
        (struct label){.key = name, .value = arena_str(k->a, buf_str(&time))};
}

static struct pdb_pod *pods_at(struct check *k, struct pdb *p, size_t *ret_count)
{
    const struct doc *list = at(k, "pods"), *scales = at(k, "controllers");
    struct pdb_pod *pods = arena_array(k->a, struct pdb_pod, list ? list->count + 1 : 1);
    size_t n = 0;
    for (const struct doc *d = list ? list->child : NULL; d; d = d->next) {
        struct pdb_pod *pod = &pods[n++];
        pod->name = doc_text(d, "name");
        pod->ready = doc_bool(d, "ready", false);
        pod->deleting = doc_bool(d, "deleting", false);
        struct str owner = doc_text(d, "owner");
        for (const struct doc *s = scales ? scales->child : NULL; s && owner.n; s = s->next)
            if (str_eq(s->key, owner)) {
                pod->controller = s;
                (void)!str_to_int64(s->text, &pod->scale);
            }
        if (owner.n && !pod->controller) {
            pod->controller = d;
            pod->scale = -1;
        }
        disrupted_at(k, d, p);
    }
    *ret_count = n;
    return pods;
}

static void expect_status(struct check *k, const struct pdb_status *got)
{
    const struct doc *want = at(k, "expect");
    const struct {
        const char *name;
        int64_t got;
    } fields[] = {
        {"disruptionsAllowed", got->disruptions_allowed},
        {"currentHealthy", got->current_healthy},
        {"desiredHealthy", got->desired_healthy},
        {"expectedPods", got->expected_pods},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (doc_get(want, fields[i].name))
            expect_int(k, fields[i].name, doc_int(want, fields[i].name, 0), fields[i].got);
}

static void status(struct check *k)
{
    struct pdb p;
    struct pdb_status got = {0};
    struct pdb_input in = {.pdb = &p, .now_ms = NOW_MS};
    pdb_at(k, &p);
    in.pods = pods_at(k, &p, &in.count);
    (void)!pdb_compute(&in, &got, NULL);
    expect_status(k, &got);
}

static void grid(struct check *k)
{
    struct pdb p;
    struct pdb_status got = {0};
    pdb_at(k, &p);
    (void)!pdb_compute_replicas(&p, int_at(k, "replicas"), int_at(k, "ready"), &got, NULL);
    expect_status(k, &got);
}

const struct kind_check pdb_kinds[] = {
    {"pdb_status", status},
    {"pdb_allowed", status},
    {"pdb_status_grid", grid},
    {NULL, NULL},
};
