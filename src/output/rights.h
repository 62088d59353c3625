/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders which verbs a user can use, and the roles that are missing: text, JSON, YAML, RBAC.
 */
#ifndef OUTPUT_RIGHTS_H
#define OUTPUT_RIGHTS_H

#include "analysis/rights.h"
#include "output/out.h"

enum rights_format { RIGHTS_TEXT, RIGHTS_JSON, RIGHTS_AS_YAML, RIGHTS_ROLE };

struct rights_results {
    struct arena *arena;
    const struct rights *rights;
    unsigned uses; /* the verbs asked about: enum api_use */
};
/* An out_render_fn: results is a struct rights_results, f->word an enum rights_format. RIGHTS_ROLE
 * is only what kubectl apply takes: nothing when nothing is missing. */
void rights_render(const void *results, const struct out_format *f, struct buf *b);

/* Everything that these uses read, as ServiceAccount, ClusterRole and binding. */
void rights_add_whole_role(unsigned uses, struct buf *b);

#endif
