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
    bool ready, deleting;
    const void *controller; /* any pointer that is equal for pods of one scale; NULL = unmanaged */
    int64_t scale;          /* replicas that the controller wants; -1 = of a kind without scale */
};
struct pdb_input {
    const struct pdb *pdb;
    const struct pdb_pod *pods; /* that the selector matches */
    size_t count;
    int64_t now_ms; /* for status.disruptedPods, which count for two minutes */
};
/* What the controller would write. 0, or -EINVAL when it cannot (invalid selector or percentage, a
 * controller without scale): then it allows no disruption and leaves the counts as they were. */
int pdb_compute(const struct pdb_input *in, struct pdb_status *ret, struct err *e) MUST_USE;

/* From a manifest: `replicas` pods of one controller, `ready` of them ready. 0 or -EINVAL. */
int pdb_compute_replicas(const struct pdb *p, int64_t replicas, int64_t ready,
                         struct pdb_status *ret, struct err *e) MUST_USE;
/* An IntOrString of a total; percentages round up. 0 or -EINVAL. */
int int_or_percent(const struct int_or_str *v, int64_t total, int64_t *ret) MUST_USE;

#endif
