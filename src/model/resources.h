/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of amounts by resource name (a ResourceList): look up, add, take the greater. Amounts are
 * exact quantities; the _bytes and _milli forms round up as Kubernetes does.
 */
#ifndef MODEL_RESOURCES_H
#define MODEL_RESOURCES_H

#include "model/object.h"

/* resources_find() is in model/cluster.h. */
const struct resource_amount *resources_find_str(const struct resources *r, struct str name);
bool resources_has(const struct resources *r, const char *name);
/* The amount, 0 when absent (use resources_find to tell 0 from absent). */
struct quantity resources_get(const struct resources *r, const char *name);
int64_t resources_cpu_milli(const struct resources *r);
int64_t resources_memory_bytes(const struct resources *r);

/* Sets (adds to the list or overwrites) the amount of a resource. */
void resources_set(struct arena *a, struct resources *r, struct str name, struct quantity q);
/* As resources_set, with where it comes from. */
void resources_set_origin(struct arena *a, struct resources *r, struct str name, struct quantity q,
                          enum amount_origin origin);
/* r += more and r = max(r, more), per resource. */
void resources_add(struct arena *a, struct resources *r, const struct resources *more);
void resources_max(struct arena *a, struct resources *r, const struct resources *more);
void resources_copy(struct arena *a, const struct resources *from, struct resources *ret);

bool resource_is_hugepages(struct str name);
/* "hugepages-2Mi" -> 2097152. 0 or -EINVAL. */
int resource_page_bytes(struct str name, int64_t *ret) MUST_USE;

#endif
