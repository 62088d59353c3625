/* SPDX-License-Identifier: Apache-2.0
 *
 * node_lifecycle.json: nothing of it is modelled yet (it comes with simulate).
 */
#include "fidelity.h"

const struct kind_check node_lifecycle_kinds[] = {
    {NULL, NULL},
};
