/* SPDX-License-Identifier: Apache-2.0
 *
 * The only requests that change a cluster. Each takes dry_run, which the server honours (dryRun=All):
 * everything is checked, admission runs, nothing is stored. Nothing is ever forced unless asked for.
 */
#ifndef ACT_REQUEST_H
#define ACT_REQUEST_H

#include "act/patch_body.h"
#include "client/client.h"

/* An object of the API server. */
struct act_target {
    struct str group;             /* "apps"; "" for core */
    struct str version, resource; /* "v1", "deployments" */
    struct str ns;                /* absent: not in a namespace */
    struct str name;
};

/* A field that somebody else has set, with a value of his own. */
struct act_conflict {
    struct str manager; /* "kubectl-client-side-apply", as the server names it */
    struct str field;   /* ".spec.replicas" */
};
enum act_result {
    ACT_DONE,
    ACT_CONFLICT, /* apply: `conflicts`; else the object changed meanwhile, or is another one */
    ACT_BLOCKED,  /* eviction: a PodDisruptionBudget; try again after retry_after_ms */
    ACT_GONE,     /* there is no such object (any more) */
    ACT_REFUSED,  /* by validation or admission */
};
struct act_answer {
    enum act_result result;
    LIST_OF(struct act_conflict) conflicts;
    struct str message;       /* the server's words; absent when done */
    struct str budget;        /* ACT_BLOCKED: which PodDisruptionBudget, where the server says */
    int64_t retry_after_ms;   /* -1: the server did not say */
    const struct doc *object; /* ACT_DONE: as the server has it now, or would (dry_run) */
};

/* "/apis/apps/v1/namespaces/shop/deployments/cart", and "/resize" or the like behind it. */
void act_target_path(const struct act_target *t, const char *subresource, struct buf *out);

/* All return 0 when the server has decided, with *ret (in a): also when it decided against it. A
 * negative errno with *e set: it is not known to have happened (no answer, no right, a fault of the
 * server). */

/* The object as the server has it. */
int act_get(struct client *c, const struct act_target *t, struct arena *a, struct act_answer *ret,
            struct err *e) MUST_USE;

struct act_patch {
    enum patch_type type;
    struct str body;
    const char *subresource; /* NULL: none; "resize" of pods, "scale" */
    const char *manager;     /* field manager; NULL: "plimsoll" */
    bool force;              /* apply: take over the fields of others */
};
int act_patch(struct client *c, const struct act_target *t, const struct act_patch *p, bool dry_run,
              struct arena *a, struct act_answer *ret, struct err *e) MUST_USE;

struct act_resources {
    struct str container;
    struct str memory_request, memory_limit; /* quantities; absent: as they are */
};
/* Resizes containers of a running pod in place (pods/resize, Kubernetes 1.33 on). */
int act_resize(struct client *c, const struct act_target *pod, const struct act_resources *r,
               size_t count, bool dry_run, struct arena *a, struct act_answer *ret,
               struct err *e) MUST_USE;

struct act_eviction {
    struct str uid;        /* only this very pod; absent: whatever has the name */
    int64_t grace_seconds; /* -1: the pod's own */
};
/* Asks for a pod to be evicted; PodDisruptionBudgets are respected. */
int act_evict(struct client *c, const struct act_target *pod, const struct act_eviction *v,
              bool dry_run, struct arena *a, struct act_answer *ret, struct err *e) MUST_USE;

#endif
