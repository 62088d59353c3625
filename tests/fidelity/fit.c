/* SPDX-License-Identifier: Apache-2.0
 *
 * fit.json: the scheduler plug-ins.
 */
#include "fidelity.h"

const struct kind_check fit_kinds[] = {
    {NULL, NULL},
};
