/* SPDX-License-Identifier: Apache-2.0
 *
 * PodDisruptionBudget arithmetic (pkg/controller/disruption/disruption.go).
 */
#ifndef MODEL_PDB_STATUS_H
#define MODEL_PDB_STATUS_H

#include "model/cluster.h"

struct pdb_status {
    int64_t disruptions_allowed, current_healthy, desired_healthy, expected_pods;
};
/* One matching pod as the controller sees it. */
struct pdb_pod {
    struct str name;
    bool ready;
    int64_t deleted_ms;       /* 0 = not */
    const void *controller;   /* any pointer that is equal for pods of one scale; NULL = none */
    int64_t controller_scale; /* replicas that the controller wants */
};
struct pdb_input {
    const struct pdb *pdb;
    const struct pdb_pod *pods; /* that the selector matches */
    size_t count;
    int64_t now_ms; /* for status.disruptedPods, which expire after two minutes */
};
/* What the controller would write. 0, or -EINVAL when it cannot (a pod without a controller that a
 * percentage or maxUnavailable needs, an invalid percentage or selector): then nothing is allowed
 * and the counts are 0. */
int pdb_compute(const struct pdb_input *in, struct pdb_status *ret, struct err *e) MUST_USE;

/* From a manifest: `replicas` pods of which `ready` are ready. An absent minAvailable and
 * maxUnavailable is maxUnavailable 0 pods needed: everything is allowed. 0 or -EINVAL. */
int pdb_compute_replicas(const struct pdb *p, int64_t replicas, int64_t ready,
                         struct pdb_status *ret, struct err *e) MUST_USE;
/* An IntOrString of a total; percentages round up. 0 or -EINVAL. */
int int_or_percent(const struct int_or_str *v, int64_t total, int64_t *ret) MUST_USE;

#endif
