/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of pods as JSON: kind PodFactsList (docs/schema/PodFactsList.json).
 */
#ifndef OUTPUT_INSPECT_JSON_H
#define OUTPUT_INSPECT_JSON_H

#include "base/json_write.h"
#include "output/inspect.h"

void inspect_render_json(const struct inspect_results *r, enum json_style style, struct buf *b);

/* The name, or of a pod without one its generateName. */
struct str pod_facts_name(const struct pod_facts *f);

/* An integer, or null. */
void json_add_opt_int(struct json_writer *w, const char *key, bool set, int64_t v);

#endif
