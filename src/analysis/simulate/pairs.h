/* SPDX-License-Identifier: Apache-2.0
 *
 * What the loss of two nodes at once comes to, proved from what each of the two holds, without
 * running it. The proof:
 *
 * (1) Everything finds a place. A pod that lands on a node takes room, host ports or an anti-affine
 *     neighbourhood from later ones on that node alone: terms that reach beyond a node, required
 *     affinity, claims and minDomains are not proved. So, if L pods are to be placed, each of them
 *     finds a node as long as at least L + 2 nodes would take one of its kind before anything is
 *     lost (two are the lost ones, and L - 1 have taken another pod); what leaves the lost nodes
 *     only makes room. A required topology spread always allows the domain that has the fewest:
 *     every domain then needs that many nodes. Hence nothing is pending, nothing is preempted, and
 *     every event of the pair is one of the one-node runs. Where the two hold the last pods of a
 *     service that others need, nothing is proved.
 * (2) When it happens. Both nodes are noticed at the same moment. In different zones both are
 *     tainted at once, in one zone the second follows an interval later; what comes after that is
 *     shifted with it and depends on nothing else.
 * (3) Who is short. All pods of both nodes are down from the first moment, and those that are
 *     replaced come back: a workload's lowest and last numbers of healthy pods are sums over the
 *     two nodes.
 * (4) Nothing happens to another node. Usage arrives with requests: on a node with `free` bytes not
 *     booked, pods that use at most `ratio` of what they request bring at most ratio x free (and
 *     what requests nothing besides), and never more than both nodes used together. Where that
 *     stays within every bound of every node, no landing can matter: no run is needed at this
 *     factor to know that nobody is killed or evicted.
 * (5) Its booking margin is at least that of the world at rest, less the slots of the lost nodes,
 *     less what each landed pod can spoil: a pod that requests at most c times of every resource
 *     spoils at most c slots. Only where this may be the smallest of all is the margin measured.
 *
 * What is not proved is run; a part of what is proved is run too, and must agree.
 */
#ifndef ANALYSIS_SIMULATE_PAIRS_H
#define ANALYSIS_SIMULATE_PAIRS_H

#include "analysis/simulate/internal.h"

struct pairs;
/* NULL when nothing can be proved in this world. Uses the runner at rest. */
struct pairs *pairs_new(struct arena *a, struct sim_runner *r);
/* Takes usage at this factor; for pairs_quiet. */
void pairs_set_factor(struct pairs *p, struct sim_runner *r, int64_t factor);
/* The outcome at factor 0, or at any factor at which the pair is quiet. False: not proved.
 * *ret lives in a. Any number of threads at once. */
bool pairs_prove(const struct pairs *p, const struct contingency *c, struct arena *a,
                 struct sim_outcome *ret);
/* Proof (4) at the factor that was set. */
bool pairs_quiet(const struct pairs *p, const struct contingency *c);

/* Proof (5): prepares for margins up to `most`. */
void pairs_set_margin(struct pairs *p, struct arena *a, struct sim_runner *r, int64_t most);
/* At least that many further pods; INT64_MAX = more than `most`, or there is none. */
int64_t pairs_least_margin(const struct pairs *p, const struct contingency *c);

#endif
