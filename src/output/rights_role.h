/* SPDX-License-Identifier: Apache-2.0
 *
 * Rights as RBAC manifests.
 */
#ifndef OUTPUT_RIGHTS_ROLE_H
#define OUTPUT_RIGHTS_ROLE_H

#include "output/rights.h"

/* The roles that the user lacks, and their bindings; nothing when none is missing. */
void rights_add_missing_roles(const struct rights_results *r, struct buf *b);

#endif
