/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders the facts of pods (analysis/pod_facts.h): text, wide, JSON and YAML.
 */
#ifndef OUTPUT_INSPECT_H
#define OUTPUT_INSPECT_H

#include "analysis/pod_facts.h"
#include "output/out.h"

enum inspect_format { INSPECT_TEXT, INSPECT_WIDE, INSPECT_JSON, INSPECT_YAML };

struct inspect_results {
    struct arena *arena; /* scratch of the renderer */
    const struct cluster *cluster;
    const struct pod_facts_list *facts;
};
/* An out_render_fn: results is a struct inspect_results, f->word an enum inspect_format. */
void inspect_render(const void *results, const struct out_format *f, struct buf *b);

/* "container app has no memory limit": why a pod is not in a better QoS class. */
struct str qos_reason_text(struct arena *a, enum qos q, const struct qos_reason *why);
/* "app", "init", "sidecar" */
const char *container_kind_name(const struct container *c);

#endif
