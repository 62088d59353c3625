/* SPDX-License-Identifier: Apache-2.0
 *
 * A long computation seen from outside: how far it is (a progress bar reads it), and the wish that
 * it ends (a signal handler sets it). Loops ask sim_stopped() between one run and the next and then
 * keep what they have; nothing that is half done counts.
 */
#ifndef ANALYSIS_SIMULATE_WATCH_H
#define ANALYSIS_SIMULATE_WATCH_H

#include <stdatomic.h>

#include "base/defs.h"

enum sim_phase {
    SIM_PHASE_NONE,
    SIM_PHASE_BOOKINGS, /* each contingency by requests alone */
    SIM_PHASE_USAGE,    /* each contingency at the usage of now */
    SIM_PHASE_LINE,     /* the search for the load line */
    SIM_PHASE_GROUPS,   /* the same by zone and by node pool */
    SIM_PHASE_RUNS,     /* Monte Carlo */
    SIM_PHASE_REMEDIES,
};

/* Zeroed by the caller; NULL wherever one is asked for means that nobody watches. */
struct sim_watch {
    atomic_bool stop;
    atomic_int phase;
    atomic_size_t done, total; /* of the phase; total 0 = not known */
    atomic_llong factor;       /* on usage, ten-thousandths: what the search asks about; 0 = none */
};

static inline bool sim_stopped(struct sim_watch *w)
{
    return w && atomic_load_explicit(&w->stop, memory_order_relaxed);
}

static inline void sim_watch_phase(struct sim_watch *w, enum sim_phase phase, size_t total,
                                   int64_t factor)
{
    if (!w)
        return;
    atomic_store(&w->done, 0);
    atomic_store(&w->total, total);
    atomic_store(&w->factor, factor);
    atomic_store(&w->phase, phase);
}

static inline void sim_watch_step(struct sim_watch *w)
{
    if (w)
        atomic_fetch_add_explicit(&w->done, 1, memory_order_relaxed);
}

#endif
